import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahTensors
import Testing

struct ActivationTests {
  @Test(
    "Gates and cells agree with each other and with the model's own state",
    arguments: [
      ([LayerConfiguration.lstm(5), .lstm(4)], LayerConnections.sequential),
      ([.lstm(3), .lstm(3), .lstm(3)], .residual), ([.lstm(4), .lstm(4), .lstm(4)], .skip),
      ([.gru(4), .lstm(6)], .sequential),
    ])
  func gates(layers: [LayerConfiguration], connections: LayerConnections) throws {
    let model = try AnalysisModel.drawn(layers, connections: connections).model
    let recorded = layers.indices.filter { layers[$0].kind == "lstm" }
    var recorder = try ActivationRecorder(model, layers: recorded, recordingGates: true)
    var state = model.initialState(batchSize: 1)
    var before = [Int: [Float]]()
    for id in [1, 2, 3, 1, 0] as [Int32] {
      state = model([id], state: state).state
      let found = try recorder.read(id: id)
      #expect(found.map(\.layer) == recorded)
      for activations in found {
        let layer = activations.layer
        #expect(activations.names == ["h", "c", "i", "f", "g", "o"])
        let own = state.layers[layer]
        for (unit, expected) in zip(own.hidden.value.elements, own.cell.value.elements).enumerated() {
          let values = activations[unit]
          let (h, c) = (values["h"] ?? .nan, values["c"] ?? .nan)
          #expect(abs(h - expected.0) < 1e-5 && abs(c - expected.1) < 1e-5)
          let (i, f, g, o) = (
            values["i"] ?? .nan, values["f"] ?? .nan, values["g"] ?? .nan, values["o"] ?? .nan
          )
          #expect(abs(f * (before[layer]?[unit] ?? 0) + i * g - c) < 1e-5 && abs(o * tanh(c) - h) < 1e-5)
          #expect((0...1).contains(i) && (0...1).contains(f) && (0...1).contains(o) && (-1...1).contains(g))
        }
        before[layer] = activations.values["c"]
      }
    }
  }

  @Test(
    "The state of every kind of layer is recorded",
    arguments: [
      LayerConfiguration.lstm(5), .gru(5), .gru(5, reset: .before), .rnn(5), .peepholeLSTM(5), .coupledLSTM(5),
      .cappedLSTM(5), .projectedLSTM(5, to: 2), .mogrifierLSTM(5, rounds: 3, rank: 2),
    ])
  func kinds(layer: LayerConfiguration) throws {
    let model = try AnalysisModel.drawn([.rnn(4), layer, .lstm(3)]).model
    var recorder = try ActivationRecorder(model, layers: [0, 1, 2])
    var state = model.initialState(batchSize: 1)
    for id in [3, 1, 2] as [Int32] {
      state = model([id], state: state).state
      let found = try recorder.read(id: id)
      #expect(found.map { $0.layer } == [0, 1, 2])
      for (activations, own) in zip(found, state.layers) {
        #expect(zip(activations.values["h"] ?? [], own.hidden.value.elements).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(activations.values["h"]?.count == own.hidden.shape[1])
        #expect((activations.values["c"] != nil) == (own.parts.count == 2))
        #expect(activations.values["c"].map { $0.count == own.cell.shape[1] } ?? true)
      }
    }
    #expect(recorder.state.stepCount == 3)
  }

  @Test(
    "If a layer's state does not include its output, the output, cells and gates are recorded, but not past inputs",
    arguments: [
      (LayerConfiguration.sru(5), ["h", "c", "f", "r"]), (.qrnn(5), ["h", "c", "f", "o"]),
      (.qrnn(3, window: 2), ["h", "c", "f", "o"]),
    ])
  func outputs(layer: LayerConfiguration, names: [String]) throws {
    let model = try AnalysisModel.drawn([.rnn(4), layer]).model
    var recorder = try ActivationRecorder(model, layers: [1], recordingGates: true)
    var state = model.initialState(batchSize: 1)
    for id in [3, 1, 2] as [Int32] {
      let pass = model([id], state: state)
      state = pass.state
      let found = try recorder.read(id: id)[0]
      #expect(found.names == names && found.unitCount == layer.hiddenSize)
      let expected = [pass.output.rows.value, state.layers[1].cell.value]
      for (name, values) in zip(names, expected) {
        #expect(zip(found.values[name] ?? [], values.elements).allSatisfy { abs($0 - $1) < 1e-5 })
      }
      guard layer.kind == "qrnn" else { continue }
      for unit in 0..<layer.hiddenSize {
        let values = found[unit]
        #expect(abs((values["o"] ?? .nan) * (values["c"] ?? .nan) - (values["h"] ?? .nan)) < 1e-5)
      }
    }
  }

  @Test("A projected LSTM's gates are consistent with its cells")
  func projected() throws {
    let model = try AnalysisModel.drawn([.projectedLSTM(5, to: 2)]).model
    var recorder = try ActivationRecorder(model, layers: [0], recordingGates: true)
    var before = [Float](repeating: 0, count: 5)
    for id in [1, 2, 1] as [Int32] {
      let parts = try recorder.read(id: id)[0].values
      let cells = parts["c"] ?? []
      for unit in 0..<5 {
        let (i, f, g) = (parts["i"]?[unit], parts["f"]?[unit], parts["g"]?[unit])
        #expect(abs((f ?? .nan) * before[unit] + (i ?? .nan) * (g ?? .nan) - cells[unit]) < 1e-5)
      }
      before = cells
    }
  }

  @Test("A GRU's gates are consistent with its state")
  func gatesOfGRU() throws {
    let model = try AnalysisModel.drawn([.lstm(3), .gru(5)]).model
    var recorder = try ActivationRecorder(model, layers: [1], recordingGates: true)
    var before = [Float](repeating: 0, count: 5)
    for id in [1, 2, 1] as [Int32] {
      let activations = try recorder.read(id: id)[0]
      #expect(activations.names == ["h", "r", "z", "n"])
      for unit in 0..<5 {
        let (z, n) = (activations[unit]["z"] ?? .nan, activations[unit]["n"] ?? .nan)
        #expect(abs((1 - z) * n + z * before[unit] - (activations[unit]["h"] ?? .nan)) < 1e-5)
      }
      before = activations.values["h"] ?? []
    }
  }

  @Test("Missing layers, layers without gates and non-finite states are errors")
  func errors() throws {
    let model = try AnalysisModel.drawn([.rnn(4), .lstm(3)]).model
    #expect(throws: AnalysisError.noSuchUnit(layer: 2, unit: nil, layerCount: 2, unitCount: nil)) {
      try ActivationRecorder(model, layers: [0, 2])
    }
    #expect(throws: AnalysisError.noGates(layer: 0, kind: "RNN")) {
      try ActivationRecorder(model, layers: [0], recordingGates: true)
    }
    var damaged = model
    damaged.embedding.weight = Variable(Tensor(shape: [4, 3], repeating: .nan))
    var recorder = try ActivationRecorder(damaged, layers: [1])
    #expect(throws: AnalysisError.notFinite(what: "the states")) { try recorder.read(id: 1) }
  }

  @Test("Reading without logits gives the same state as with logits, and streams are independent")
  func states() throws {
    let model = InferenceModel(try AnalysisModel.drawn([.gru(4), .projectedLSTM(5, to: 2), .lstm(3)]).model)
    let ids = (0..<600).map { Int32($0 * 7 % 4) }
    var (read, asked) = (model.initialState(batchSize: 2), model.initialState(batchSize: 2))
    model.read(ids, state: &read)
    _ = model.advance(ids, state: &asked)
    #expect(read == asked && read.stepCount == 300)
    model.read([], state: &read)
    #expect(read == asked)
    var single = model.initialState()
    model.read(stride(from: 1, to: 600, by: 2).map { ids[$0] }, state: &single)
    for layer in 0..<3 {
      #expect(read.layers[layer].parts.map { $0.value.slice(1..<2) } == single.layers[layer].parts.map(\.value))
    }
    #expect(read.layers[0].parts.count == 1 && read.layers[1].cell.shape == [2, 5])
  }
}
