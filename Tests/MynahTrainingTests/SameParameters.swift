import MynahModels
import MynahTensors

/// Returns whether two models have parameters with the same names and values.
func same(_ a: LanguageModel, _ b: LanguageModel) -> Bool {
  a.parameters.map(\.name) == b.parameters.map(\.name) && a.parameters.map(\.value) == b.parameters.map(\.value)
}
