import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// Training steps of mogrifier LSTMs against PyTorch in double precision (`Scripts/golden-mogrifier.py`).
struct GoldenMogrifierTests {
  @Test(
    "Fifty clipped steps with either output layer match PyTorch's within 1e-4",
    arguments: [
      ("softmax", .mogrifierLSTM(9, rank: 3), .softmax()),
      ("mixture", .mogrifierLSTM(7, rank: 2, capsInputGate: true), .mixtureOfSoftmaxes(3, size: 5)),
    ] as [(String, LayerConfiguration, OutputConfiguration)])
  func fiftySteps(kind: String, layer: LayerConfiguration, output: OutputConfiguration) throws {
    let file = try SafetensorsFile.fixture("golden-mogrifier")
    let architecture = try ModelArchitecture(
      LanguageModelConfiguration(vocabulary: 17, embedding: 6, layers: [layer], output: output))
    var model = LanguageModel(
      architecture,
      parameters: try architecture.parameterSpecs.map {
        try file.tensor(named: "\(kind).\($0.name)", shape: $0.shape)
      })
    let ids = try file.elements(named: "ids", as: Int32.self)
    let targets = try file.elements(named: "targets", as: Int32.self)
    let losses = try file.tensor(named: "\(kind).losses").elements
    let norms = try file.tensor(named: "\(kind).norms").elements
    var state = model.initialState(batchSize: 3)
    for step in 0..<50 {
      let tape = Tape()
      let (tracked, parameters) = model.tracked(by: tape)
      let range = step * 18..<(step + 1) * 18
      let pass = tracked.loss(inputs: Array(ids[range]), targets: Array(targets[range]), state: state)
      let gradients = tape.gradients(of: pass.value, for: parameters)
      let norm = globalNorm(of: gradients)
      #expect(abs(pass.value.value.scalar / losses[step] - 1) < 1e-4)
      #expect(abs(norm / Double(norms[step]) - 1) < 1e-4)
      SGD().update(&model, gradients: gradients, rate: 1, scale: clipFactor(norm: norm, clipNorm: 2))
      state = pass.state
    }
    for (name, value) in model.parameters {
      #expect(difference(value, try file.tensor(named: "\(kind).trained.\(name)")) < 1e-4, "\(name)")
    }
  }
}
