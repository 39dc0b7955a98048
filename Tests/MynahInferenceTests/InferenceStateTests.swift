import Foundation
import MynahInference
import MynahModels
import MynahTensors
import Testing

struct InferenceStateTests {
  private static let kinds: [[LayerConfiguration]] = [[.lstm(5), .lstm(4)], [.gru(6)]]

  private func model(_ layers: [LayerConfiguration]) -> InferenceModel {
    var random = RandomSource(seed: 4)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(vocabulary: 7, embedding: 3, layers: layers, initializer: .uniform(1)),
        using: &random))
  }

  @Test("A state that is stored and read back continues with the same bits", arguments: Self.kinds)
  func storing(layers: [LayerConfiguration]) throws {
    let model = model(layers)
    var state = model.initialState()
    model.read([1, 2, 3, 4], state: &state)
    var restored = try JSONDecoder().decode(RecurrentState.self, from: JSONEncoder().encode(state))
    #expect(restored == state)
    #expect(model.advance([5], state: &restored) == model.advance([5], state: &state))
    #expect(restored.stepCount == 5)
  }

  @Test("Advancing a copy of a state does not change the original", arguments: Self.kinds)
  func forking(layers: [LayerConfiguration]) {
    let model = model(layers)
    var one = model.initialState()
    model.read([1, 2], state: &one)
    var other = one
    let before = one
    _ = model.advance([3], state: &other)
    #expect(one == before && other != before)
  }

  @Test("Streams of one state advance as they would alone", arguments: Self.kinds)
  func streams(layers: [LayerConfiguration]) {
    let model = model(layers)
    var alone = model.initialState()
    model.read([1, 2], state: &alone)
    var both = alone.repeated(2)
    let logits = model.advance([3, 4], state: &both).elements
    for (stream, id) in [3, 4].enumerated() as EnumeratedSequence<[Int32]> {
      var state = alone
      #expect(model.advance([id], state: &state).elements == Array(logits[stream * 7..<stream * 7 + 7]))
      #expect(both.selecting([stream]) == state)
    }
    #expect(both.selecting([1, 0, 1]).batchSize == 3)
    #expect(both.selecting([1, 0]).selecting([1, 0]) == both)
  }

  @Test("The state of two LSTM layers contains h and c of each layer, with 4 bytes per element")
  func parts() {
    let model = model([.lstm(5), .lstm(4)])
    var state = model.initialState(batchSize: 3)
    #expect(state.byteCount == 4 * 3 * 2 * (5 + 4))
    model.read([1, 2, 3], state: &state)
    #expect(state.layers[0].parts.map(\.shape) == [[3, 5], [3, 5]])
    #expect(state.layers[1].parts.map(\.shape) == [[3, 4], [3, 4]])
    #expect(state.layers[1].hidden.value.elements.allSatisfy { abs($0) < 1 && $0 != 0 })
  }

  @Test("Reading without logits gives the same state as with logits, at once or in pieces")
  func reading() {
    let model = model([.lstm(5), .lstm(4)])
    let ids = (0..<600).map { Int32($0 % 7) }
    var (told, read, pieces) = (model.initialState(), model.initialState(), model.initialState())
    _ = model.advance(ids, state: &told)
    model.read(ids, state: &read)
    for id in ids { model.read([id], state: &pieces) }
    #expect(told == read && read == pieces)
    model.read([], state: &read)
    #expect(told == read)
  }
}
