public import MynahInference
public import MynahModels
import MynahTensors

/// Tells what the units of a model say while it reads a text, token by token.
///
/// A. Karpathy, J. Johnson, L. Fei-Fei, "Visualizing and understanding recurrent networks", 2015, found units that follow quotations,
/// line lengths and brackets in this way. The state is the model's own; the gates are recomputed from it by the cell's equations.
///
/// ```swift
/// var recorder = try ActivationRecorder(file.model, layers: [0], tellingGates: true)
/// let after = try recorder.read(7)[0]
/// print(after[3][.cell] ?? 0)
/// ```
public struct ActivationRecorder: Sendable {
  private let model: LanguageModel
  private let inference: InferenceModel
  private let layers: [Int]
  private let tellsGates: Bool
  /// What the model remembers of the tokens so far.
  public private(set) var state: InferenceState

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - layers: The layers to tell of.
  ///   - tellsGates: Whether to tell of the gates of LSTMs too.
  /// - Throws: `AnalysisError` if the model has no such layer, or the layer no gates.
  public init(_ model: LanguageModel, layers: [Int], tellingGates tellsGates: Bool = false) throws(AnalysisError) {
    for layer in layers {
      let kinds = model.configuration.recurrent
      guard kinds.indices.contains(layer) else {
        throw .noSuchUnit(layer: layer, unit: nil, layerCount: kinds.count, unitCount: nil)
      }
      if tellsGates && model.recurrent[layer].gatedCell == nil {
        throw .noGates(layer: layer, kind: kinds[layer].name)
      }
    }
    (self.model, self.layers, self.tellsGates) = (model, layers, tellsGates)
    inference = InferenceModel(model)
    state = inference.initialState()
  }

  /// Reads a token and tells of each of the layers what its units then say.
  ///
  /// - Throws: `AnalysisError.notFinite`.
  /// - Precondition: the id is in the vocabulary.
  public mutating func read(_ id: Int32) throws(AnalysisError) -> [LayerActivations] {
    let before = state
    inference.read([id], state: &state)
    var result: [LayerActivations] = []
    for layer in layers {
      let kept = state.parts(layer: layer)
      var parts: [LayerActivations.Part: [Float]] = [.hidden: kept[0].elements]
      if kept.count > 1 { parts[.cell] = kept[1].elements }
      if tellsGates, let gates = gates(of: layer, reading: id, from: before) {
        parts[.input] = gates.input.value.elements
        parts[.forget] = gates.forget.value.elements
        parts[.candidate] = gates.candidate.value.elements
        parts[.output] = gates.output.value.elements
      }
      guard parts.values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
        throw .notFinite(what: "the states")
      }
      result.append(LayerActivations(layer: layer, parts: parts))
    }
    return result
  }

  private func gates(of layer: Int, reading id: Int32, from before: InferenceState) -> LSTMGates? {
    guard let cell = model.recurrent[layer].gatedCell else { return nil }
    let kept = before.parts(layer: layer)
    let own = LSTMState(hidden: Variable(kept[0]), cell: Variable(kept[1]))
    return cell.gates(input(of: layer, reading: id), state: own)
  }

  /// What a layer reads at the step that led to the present state, [1, I].
  private func input(of layer: Int, reading id: Int32) -> Variable {
    var x = model.embedding([id])
    for below in 0..<layer {
      let output = Variable(state.parts(layer: below)[0])
      x = model.configuration.isResidual && output.shape == x.shape ? output + x : output
    }
    return x
  }
}

extension SequenceLayer {
  /// The layer's cell if it has an LSTM's four gates without more; nil of other kinds.
  fileprivate var gatedCell: LSTMCell? {
    (self as? LSTM)?.cell ?? (self as? Recurrence<ProjectedLSTMCell>)?.cell.lstm
  }
}
