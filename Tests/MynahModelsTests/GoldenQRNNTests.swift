import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// A language model with two QRNN layers of windows 2 and 1, compared with a PyTorch version of the paper in double
/// precision (`Scripts/golden-qrnn.py`).
struct GoldenQRNNTests {
  let file: SafetensorsFile
  let model: LanguageModel

  init() throws {
    file = try .fixture("golden-qrnn")
    let configuration = LanguageModelConfiguration(
      vocabulary: 23, embedding: 6, layers: [.qrnn(9, window: 2), .qrnn(7)])
    model = try LanguageModel(ModelArchitecture(configuration), from: file, prefix: "weights.")
  }

  /// The names of the state's parts in the file.
  private var stateNames: [[String]] {
    model.initialState(batchSize: 3).layers.enumerated().map { index, layer in layer.names.map { "\(index).\($0)" } }
  }

  private func state(_ prefix: String, _ variable: (Tensor) -> Variable) throws -> RecurrentState {
    RecurrentState(
      try zip(model.initialState(batchSize: 3).layers, stateNames).map { layer, names in
        layer.with(try names.map { variable(try file.tensor(named: "\(prefix).\($0)")) })
      })
  }

  @Test("Logits, final states, loss and every gradient match PyTorch's within 1e-5")
  func firstPass() throws {
    let ids = try file.elements(named: "ids", as: Int32.self)
    let targets = try file.elements(named: "targets", as: Int32.self)
    let logits = model.logits(ids, state: try state("state") { Variable($0) })
    #expect(difference(logits.logits.value.reshaped([6, 3, 23]), try file.tensor(named: "logits")) < 1e-5)
    for (found, expected) in zip(logits.state.layers, try state("finalState") { Variable($0) }.layers) {
      #expect(difference(found, expected) < 1e-5)
    }
    let tape = Tape()
    let (tracked, parameters) = model.tracked(by: tape)
    let start = try state("state") { tape.variable($0) }
    let pass = tracked.loss(inputs: ids, targets: targets, state: start)
    #expect(difference(pass.value.value, try file.tensor(named: "loss")) < 1e-5)
    let gradients = tape.gradients(of: pass.value, for: parameters + start.layers.flatMap(\.parts))
    let names = model.parameters.map(\.name) + stateNames.joined().map { "state." + $0 }
    #expect(names.count == gradients.count)
    for (name, gradient) in zip(names, gradients) {
      #expect(difference(gradient.dense, try file.tensor(named: "gradients.\(name)")) < 1e-5, "\(name)")
    }
  }

  @Test("Fifty steps of gradient descent, with the state carried over, match PyTorch's within 1e-4")
  func fiftySteps() throws {
    let ids = try file.elements(named: "steps.ids", as: Int32.self)
    let targets = try file.elements(named: "steps.targets", as: Int32.self)
    let losses = try file.tensor(named: "steps.losses").elements
    let rate = try file.tensor(named: "learningRate").scalar
    var (model, state) = (model, model.initialState(batchSize: 3))
    for step in 0..<50 {
      let tape = Tape()
      let (tracked, parameters) = model.tracked(by: tape)
      let range = step * 18..<(step + 1) * 18
      let pass = tracked.loss(inputs: Array(ids[range]), targets: Array(targets[range]), state: state)
      #expect(abs(pass.value.value.scalar / losses[step] - 1) < 1e-4)
      SGD().update(&model, gradients: tape.gradients(of: pass.value, for: parameters), rate: rate, scale: 1)
      state = pass.state
    }
    for (name, value) in model.parameters {
      #expect(difference(value, try file.tensor(named: "steps.weights.\(name)")) < 1e-4, "\(name)")
    }
  }
}
