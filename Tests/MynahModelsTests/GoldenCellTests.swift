import MynahModels
import MynahTensors
import TestSupport
import Testing

/// Cells compared with PyTorch's in double precision (`Scripts/golden-cells-pytorch.py`).
struct GoldenPyTorchCellTests {
  static let kinds: [(String, LayerConfiguration)] = [
    ("rnn-tanh", .rnn(5)), ("rnn-relu", .rnn(5, activation: .relu)), ("gru", .gru(5)), ("lstm", .lstm(5)),
    ("lstm-projected", .projectedLSTM(5, to: 2)),
  ]

  let file: SafetensorsFile
  init() throws { file = try .fixture("golden-cells-pytorch") }

  private func weights(_ kind: String, _ layer: LayerConfiguration) throws -> [Tensor] {
    try layer.parameterSpecs(inputSize: 3).map {
      try file.tensor(named: "\(kind).weights.\($0.name)", shape: $0.shape)
    }
  }

  private func state(_ kind: String, _ prefix: String, _ layer: any SequenceLayer) throws -> LayerState {
    let names = layer.zeroState(batchSize: 4).names
    return layer.state(of: try names.map { try file.variable("\(kind).\(prefix).\($0)") })
  }

  @Test("Outputs, states and gradients match PyTorch's within 1e-5", arguments: kinds)
  func pass(kind: String, layer: LayerConfiguration) throws {
    let tape = Tape()
    let weights = try weights(kind, layer).map { tape.variable($0) }
    let x = tape.variable(try file.tensor(named: "x"))
    let module = layer.layer(inputSize: 3, weights: weights)
    let parts = try state(kind, "state", module).parts.map { tape.variable($0.value) }
    let result = module(x, state: module.state(of: parts))
    #expect(difference(result.output.value, try file.tensor(named: "\(kind).output")) < 1e-5)
    #expect(difference(result.state, try state(kind, "finalState", module)) < 1e-5)
    let gradients = tape.gradients(
      of: result.output, for: [x] + weights + parts, seed: try file.tensor(named: "\(kind).seed"))
    let names =
      ["x"] + layer.parameterSpecs(inputSize: 3).map(\.name) + result.state.names.map { "state." + $0 }
    #expect(names.count == gradients.count)
    for (name, gradient) in zip(names, gradients) {
      #expect(difference(gradient.dense, try file.tensor(named: "\(kind).gradients.\(name)")) < 1e-5, "\(name)")
    }
  }

  @Test("Packed sequences of different lengths match PyTorch's within 1e-5", arguments: kinds)
  func packed(kind: String, layer: LayerConfiguration) throws {
    let module = layer.layer(inputSize: 3, weights: try weights(kind, layer).map { Variable($0) })
    let lengths = try file.elements(named: "lengths", as: Int32.self).map { Int($0) }
    let result = module(try file.variable("x"), state: try state(kind, "state", module), lengths: lengths)
    #expect(difference(result.output.value, try file.tensor(named: "\(kind).padded.output")) < 1e-5)
    #expect(difference(result.state, try state(kind, "padded.finalState", module)) < 1e-5)
  }
}

/// Cells compared with TensorFlow's and Keras's in double precision (`Scripts/golden-cells-tensorflow.py`).
struct GoldenTensorFlowCellTests {
  let file: SafetensorsFile
  let x: Variable
  let lengths: [Int]

  init() throws {
    file = try .fixture("golden-cells-tensorflow")
    x = try file.variable("x").transposed([1, 0, 2])
    lengths = try file.elements(named: "lengths", as: Int32.self).map { Int($0) }
  }

  /// TensorFlow's kernel [I + H, 4H] in the order i, j, f, o and its bias plus the forget bias, as W_ih, W_hh and b.
  private func lstm(_ kind: String, forgetBias: Float) throws -> [Variable] {
    let kernel = GateOrder.tensorFlow.converting(try file.tensor(named: "\(kind).kernel").transposed(), to: .standard)
    var bias = GateOrder.tensorFlow.converting(try file.tensor(named: "\(kind).bias"), to: .standard)
    bias = bias + Tensor((0..<20).map { (5..<10).contains($0) ? forgetBias : 0 })
    return [Variable(kernel.slice(0..<3, axis: 1)), Variable(kernel.slice(3..<8, axis: 1)), Variable(bias)]
  }

  /// Expects the outputs and the last state of a layer to match the fixture within 1e-5.
  private func expect(_ kind: String, _ layer: some SequenceLayer, _ parts: [String], lengths: [Int]) throws {
    func state(_ name: String) throws -> LayerState {
      layer.state(of: try parts.map { try file.variable("\(kind).\(name).\($0)") })
    }
    let result = layer(x, state: try state("state"), lengths: lengths)
    let expected = try file.tensor(named: "\(kind).output").transposed([1, 0, 2])
    #expect(difference(result.output.value, expected) < 1e-5)
    #expect(difference(result.state, try state("finalState")) < 1e-5)
    // Past the end of a sequence, both outputs are exactly zero.
    let padding = Tensor.stepMask(lengths: lengths, stepCount: 6).map { 1 - $0 }
    #expect((expected * padding).elements.allSatisfy { $0 == 0 })
    #expect((result.output.value * padding).elements.allSatisfy { $0 == 0 })
  }

  @Test(
    "Peepholes over sequences of different lengths match TensorFlow's, with its forget bias added to the biases",
    arguments: [("peephole", 0), ("peephole-forget", 1)] as [(String, Float)])
  func peephole(kind: String, forgetBias: Float) throws {
    let weights =
      try lstm(kind, forgetBias: forgetBias) + ["i", "f", "o"].map { try file.variable("\(kind).w_\($0)_diag") }
    try expect(
      kind, LayerConfiguration.peepholeLSTM(5).layer(inputSize: 3, weights: weights), ["h", "c"], lengths: lengths)
  }

  @Test("Masking matches TensorFlow's dynamic_rnn, also for the fused LSTM")
  func dynamicRNN() throws {
    let weights = try lstm("dynamic", forgetBias: 0)
    let fused = LayerConfiguration.lstm(5).layer(inputSize: 3, weights: weights)
    let composed = RecurrentLayer(
      LayerConfiguration(.composedLSTM, 5), of: .composedLSTM, inputSize: 3, parameters: weights)
    try expect("dynamic", fused, ["h", "c"], lengths: lengths)
    try expect("dynamic", composed, ["h", "c"], lengths: lengths)
  }

  @Test("Both reset conventions of the GRU match Keras's", arguments: ["gru-before", "gru-after"])
  func gru(kind: String) throws {
    // Keras orders the gates z, r, h; here the order is r, z, n.
    func rows(_ packed: Tensor) -> Variable {
      Variable(.concatenating([packed.slice(5..<10), packed.slice(0..<5), packed.slice(10..<15)]))
    }
    let bias = try file.tensor(named: "\(kind).bias")
    let biases = bias.shape.rank == 2 ? [bias.gathered(0), bias.gathered(1)] : [bias]
    let weights =
      [
        rows(try file.tensor(named: "\(kind).kernel").transposed()),
        rows(try file.tensor(named: "\(kind).recurrent_kernel").transposed()),
      ] + biases.map { rows($0) }
    #expect(biases.count == (kind == "gru-before" ? 1 : 2))
    let layer = LayerConfiguration.gru(5, reset: kind == "gru-before" ? .before : .after)
    try expect(kind, layer.layer(inputSize: 3, weights: weights), ["h"], lengths: [6, 6, 6, 6])
  }
}
