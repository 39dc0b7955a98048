import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// Logits, losses, gradients and training steps against PyTorch in double precision (`Scripts/golden-pytorch.py`).
struct GoldenPyTorchTests {
  /// A fixture: a model with this many layers, and PyTorch's results for it.
  struct Golden {
    let file: SafetensorsFile
    let model: LanguageModel
    let ids, targets: [Int32]
    let state: LanguageModel.State

    init(layerCount: Int) throws {
      file = try .fixture("golden-lstm-\(layerCount)")
      let sizes = [9, 5, 7].prefix(layerCount).map { LayerConfiguration.lstm($0) }
      let configuration = LanguageModelConfiguration(vocabulary: 23, embedding: 6, layers: sizes)
      model = try LanguageModel(ModelArchitecture(configuration), from: file, prefix: "weights.")
      ids = try file.elements(named: "ids", as: Int32.self)
      targets = try file.elements(named: "targets", as: Int32.self)
      state = RecurrentState(
        try (0..<layerCount).map { [file] index in
          LayerState(
            hidden: Variable(try file.tensor(named: "state.\(index).hidden")),
            cell: Variable(try file.tensor(named: "state.\(index).cell")))
        })
    }
  }

  @Test("Logits, final states, loss and every gradient match PyTorch's within 1e-5", arguments: 1...3)
  func firstPass(layerCount: Int) throws {
    let golden = try Golden(layerCount: layerCount)
    let logits = golden.model.logits(golden.ids, state: golden.state)
    let expectedLogits = try golden.file.tensor(named: "logits")
    #expect(difference(logits.logits.value.reshaped([6, 3, 23]), expectedLogits) < 1e-5)
    for (index, state) in logits.state.layers.enumerated() {
      for (part, value) in [("hidden", state.hidden), ("cell", state.cell)] {
        let expected = try golden.file.tensor(named: "finalState.\(index).\(part)")
        #expect(difference(value.value, expected) < 1e-5)
      }
    }

    let tape = Tape()
    let (model, parameters) = golden.model.tracked(by: tape)
    let state = golden.state.layers.map {
      LayerState(hidden: tape.variable($0.hidden.value), cell: tape.variable($0.cell.value))
    }
    let pass = model.loss(inputs: golden.ids, targets: golden.targets, state: RecurrentState(state))
    #expect(difference(pass.value.value, try golden.file.tensor(named: "loss")) < 1e-5)

    let gradients = tape.gradients(of: pass.value, for: parameters + state.flatMap { [$0.hidden, $0.cell] })
    let names =
      golden.model.parameters.map(\.name)
      + (0..<layerCount).flatMap { ["state.\($0).hidden", "state.\($0).cell"] }
    for (name, gradient) in zip(names, gradients) {
      let expected = try golden.file.tensor(named: "gradients.\(name)")
      #expect(difference(gradient.dense, expected) < 1e-5, "\(name)")
    }
    let norm = globalNorm(of: Array(gradients.prefix(parameters.count)))
    #expect(abs(norm / Double(try golden.file.tensor(named: "gradientNorm").scalar) - 1) < 1e-5)
  }

  @Test("Fifty clipped steps of gradient descent match PyTorch's within 1e-4", arguments: 1...3)
  func fiftySteps(layerCount: Int) throws {
    let golden = try Golden(layerCount: layerCount)
    let ids = try golden.file.elements(named: "steps.ids", as: Int32.self)
    let targets = try golden.file.elements(named: "steps.targets", as: Int32.self)
    let losses = try golden.file.tensor(named: "steps.losses").elements
    let norms = try golden.file.tensor(named: "steps.norms").elements
    let rate = try golden.file.tensor(named: "learningRate").scalar
    let clip = try golden.file.tensor(named: "clip").scalar
    var model = golden.model
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
      SGD().update(&model, gradients: gradients, rate: rate, scale: clipFactor(norm: norm, clipNorm: clip))
      state = pass.state
    }
    for (name, value) in model.parameters {
      #expect(difference(value, try golden.file.tensor(named: "steps.weights.\(name)")) < 1e-4, "\(name)")
    }
  }
}
