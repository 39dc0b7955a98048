import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahTensors
import Testing

struct ActivationTests {
  private typealias Part = LayerActivations.Part

  @Test(
    "Gates and cells give the state that the model itself has",
    arguments: [
      ([RecurrentLayer.lstm(5), .lstm(4)], false), ([.lstm(3), .lstm(3), .lstm(3)], true),
      ([.gru(4), .lstm(6)], false),
    ])
  func gates(layers: [RecurrentLayer], isResidual: Bool) throws {
    let model = try AnalysisModel.drawn(layers, isResidual: isResidual).model
    let told = layers.indices.filter { if case .lstm = layers[$0] { true } else { false } }
    var recorder = try ActivationRecorder(model, layers: told, tellingGates: true)
    var state = model.initialState(batchSize: 1)
    var before = [Int: [Float]]()
    for id in [1, 2, 3, 1, 0] as [Int32] {
      state = model([id], state: state).state
      for activations in try recorder.read(id) {
        let layer = activations.layer
        #expect(Set(activations.parts.keys) == Set(Part.allCases))
        let own = state[layer]
        for (unit, expected) in zip(own.hidden.value.elements, own.cell.value.elements).enumerated() {
          let values = activations[unit]
          let (h, c) = (values[.hidden] ?? .nan, values[.cell] ?? .nan)
          #expect(abs(h - expected.0) < 1e-5 && abs(c - expected.1) < 1e-5)
          let (i, f, g, o) = (
            values[.input] ?? .nan, values[.forget] ?? .nan, values[.candidate] ?? .nan, values[.output] ?? .nan
          )
          #expect(abs(f * (before[layer]?[unit] ?? 0) + i * g - c) < 1e-5 && abs(o * tanh(c) - h) < 1e-5)
          #expect((0...1).contains(i) && (0...1).contains(f) && (0...1).contains(o) && (-1...1).contains(g))
        }
        before[layer] = activations.parts[.cell]
      }
    }
  }

  @Test(
    "Layers of every kind tell their own state",
    arguments: [
      RecurrentLayer.lstm(5), .gru(5), .gru(5, reset: .before), .simple(5), .peepholeLSTM(5), .coupledLSTM(5),
      .projectedLSTM(5, to: 2),
    ])
  func kinds(layer: RecurrentLayer) throws {
    let model = try AnalysisModel.drawn([.simple(4), layer, .lstm(3)]).model
    var recorder = try ActivationRecorder(model, layers: [0, 1, 2])
    var state = model.initialState(batchSize: 1)
    for id in [3, 1, 2] as [Int32] {
      state = model([id], state: state).state
      let found = try recorder.read(id)
      #expect(found.map { $0.layer } == [0, 1, 2])
      for (activations, own) in zip(found, state) {
        #expect(zip(activations.parts[.hidden] ?? [], own.hidden.value.elements).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(activations.parts[.hidden]?.count == own.hidden.shape[1])
        #expect((activations.parts[.cell] != nil) == (own.parts.count == 2))
        #expect(activations.parts[.cell].map { $0.count == own.cell.shape[1] } ?? true)
      }
    }
    #expect(recorder.state.stepCount == 3)
  }

  @Test("Gates of a projected LSTM give its cells")
  func projected() throws {
    let model = try AnalysisModel.drawn([.projectedLSTM(5, to: 2)]).model
    var recorder = try ActivationRecorder(model, layers: [0], tellingGates: true)
    var before = [Float](repeating: 0, count: 5)
    for id in [1, 2, 1] as [Int32] {
      let parts = try recorder.read(id)[0].parts
      let cells = parts[.cell] ?? []
      for unit in 0..<5 {
        let (i, f, g) = (parts[.input]?[unit], parts[.forget]?[unit], parts[.candidate]?[unit])
        #expect(abs((f ?? .nan) * before[unit] + (i ?? .nan) * (g ?? .nan) - cells[unit]) < 1e-5)
      }
      before = cells
    }
  }

  @Test("Layers that are not there, and gates of what has none, are told")
  func errors() throws {
    let model = try AnalysisModel.drawn([.gru(4), .lstm(3)]).model
    #expect(throws: AnalysisError.noSuchUnit(layer: 2, unit: nil, layerCount: 2, unitCount: nil)) {
      try ActivationRecorder(model, layers: [0, 2])
    }
    #expect(throws: AnalysisError.noGates(layer: 0, kind: "GRU")) {
      try ActivationRecorder(model, layers: [0], tellingGates: true)
    }
    var damaged = model
    damaged.embedding.weight = Variable(Tensor(shape: [4, 3], repeating: .nan))
    var recorder = try ActivationRecorder(damaged, layers: [1])
    #expect(throws: AnalysisError.notFinite(what: "the states")) { try recorder.read(1) }
  }

  @Test("Reading without asking moves the state as asking does, and streams keep their own parts")
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
      #expect(read.parts(layer: layer).map { $0.slice(1..<2) } == single.parts(layer: layer))
    }
    #expect(read.parts(layer: 0).count == 1 && read.parts(layer: 1)[1].shape == [2, 5])
  }
}
