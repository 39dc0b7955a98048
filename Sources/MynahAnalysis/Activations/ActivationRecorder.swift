import MynahInference
public import MynahModels
import MynahTensors
public import MynahText

/// Records the activations of a model's units while the model reads texts token by token.
///
/// A. Karpathy, J. Johnson, L. Fei-Fei, "Visualizing and understanding recurrent networks", 2015, used this method to
/// find units that track quotations, line lengths and brackets. States come from the model's forward pass; gates are
/// recomputed from the states with the cell's equations.
///
/// ```swift
/// var recorder = try ActivationRecorder(file.model, layers: [0], recordingGates: true)
/// let after = try recorder.read(id: 7)[0]
/// print(after[3]["c"] ?? 0)
/// ```
public struct ActivationRecorder: Sendable {
  private let model: LanguageModel
  private let inference: InferenceModel
  private let layers: [Int]
  private let recordsGates: Bool
  /// The state after the tokens read so far.
  public private(set) var state: RecurrentState

  /// Creates a recorder at the beginning of a text.
  ///
  /// - Parameters:
  ///   - layers: The layers to record.
  ///   - recordsGates: A Boolean value indicating whether to record the gates as well.
  /// - Throws: `AnalysisError` if a layer does not exist, or has no gates to record.
  public init(_ model: LanguageModel, layers: [Int], recordingGates recordsGates: Bool = false) throws(AnalysisError) {
    (self.model, self.layers, self.recordsGates) = (model, layers, recordsGates)
    inference = InferenceModel(model)
    state = inference.initialState()
    for layer in layers {
      let own = model.architecture.layers
      guard own.indices.contains(layer) else {
        throw .noSuchUnit(layer: layer, unit: nil, layerCount: own.count, unitCount: nil)
      }
      if recordsGates && gates(of: layer, reading: 0, from: state).isEmpty {
        throw .noGates(layer: layer, kind: own[layer].kind.title)
      }
    }
  }

  /// Reads the next token of a text and returns each layer's activations.
  ///
  /// Resets the state to zero first if the token begins a text.
  ///
  /// - Throws: `AnalysisError.notFinite`.
  /// - Precondition: the id is in the vocabulary.
  public mutating func read(_ token: TextToken) throws(AnalysisError) -> [LayerActivations] {
    if let beginning = token.beginning {
      state = inference.initialState()
      if case .after(let start) = beginning { _ = try read(id: start) }
    }
    return try read(id: token.id)
  }

  /// Reads a token and returns each layer's activations.
  ///
  /// - Throws: `AnalysisError.notFinite`.
  /// - Precondition: the id is in the vocabulary.
  public mutating func read(id: Int32) throws(AnalysisError) -> [LayerActivations] {
    let before = state
    inference.read([id], state: &state)
    var result: [LayerActivations] = []
    for layer in layers {
      let own = state.layers[layer]
      var parts: [(String, Variable)] = zip(own.names, own.parts).compactMap { name, part in
        LayerActivations.shortName(of: name).map { ($0, part) }
      }
      // The state of some kinds of cells does not contain their output.
      if !own.names.contains("hidden") { parts.insert(("h", output(of: layer, reading: id, from: before)), at: 0) }
      if recordsGates { parts += gates(of: layer, reading: id, from: before).map { ($0.key, $0.value) } }
      let values = Dictionary(parts.map { ($0.0, $0.1.value.elements) }) { first, _ in first }
      guard values.values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notFinite(what: "the states") }
      result.append(LayerActivations(layer: layer, names: parts.map(\.0), values: values))
    }
    return result
  }

  /// Returns the gates of a layer at the step that reads a token.
  private func gates(of layer: Int, reading id: Int32, from before: RecurrentState) -> KeyValuePairs<String, Variable> {
    let cell = model.cell(ofLayer: layer)
    return cell.gates(cell.projection(of: input(of: layer, reading: id, from: before)), state: before.layers[layer])
  }

  /// Returns the output of a layer at the step that reads a token, [1, H].
  private func output(of layer: Int, reading id: Int32, from before: RecurrentState) -> Variable {
    let cell = model.cell(ofLayer: layer)
    let x = cell.projection(of: input(of: layer, reading: id, from: before))
    return cell.step(x, state: before.layers[layer]).output
  }

  /// Returns the input of a layer at the step that reads a token, [1, I].
  private func input(of layer: Int, reading id: Int32, from before: RecurrentState) -> Variable {
    let embedding = model.embedding([id])
    guard layer > 0 else { return embedding }
    let below = model.stack.below(layer)
    let x = SequenceBatch(embedding.reshaped([1, 1, embedding.shape[1]]))
    return below(x, state: RecurrentState(Array(before.layers[..<layer]))).output.rows
  }
}
