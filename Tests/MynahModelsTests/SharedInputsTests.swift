import MynahModels
import MynahTensors
import TestSupport
import Testing

/// Passes whose steps share the embeddings of tokens that occur more than once.
struct SharedInputsTests {
  /// 5 steps of 3 sequences, with 3 distinct tokens.
  static let ids: [Int32] = [2, 5, 2, 0, 2, 5, 5, 5, 2, 0, 0, 2, 2, 2, 2]

  @Test(
    "Steps that share embeddings give the same output bits as a copy for each step, and the same gradients",
    arguments: ModelKindTests.options)
  func copies(configuration: LanguageModelConfiguration) {
    let model = ModelKindTests.model(configuration)
    let state = model.initialState(batchSize: 3)
    var random = RandomSource(seed: 3)
    let weights = Variable(Tensor.random([5, 3, model.stack.outputSize], using: &random))
    let shared = model.stack.pass(model.embedding, Self.ids, state: state).embeddings.shared
    #expect(shared?.distinct.shape == [3, configuration.embeddingSize])
    let runs = [true, false].map { shares in
      let tape = Tape()
      let (tracked, parameters) = model.tracked(by: tape)
      let copies = SequenceBatch(tracked.embedding(Self.ids).reshaped([5, 3, configuration.embeddingSize]))
      let pass = shares ? tracked(Self.ids, state: state) : tracked.stack(copies, state: state)
      let gradients = tape.gradients(of: (pass.output.values * weights).sum(), for: parameters)
      return (output: pass.output.values.value, gradients: gradients.map { $0.dense.elements })
    }
    #expect(runs[0].output.elements.bits == runs[1].output.elements.bits)
    for (name, (found, expected)) in zip(model.parameters.map(\.name), zip(runs[0].gradients, runs[1].gradients)) {
      #expect(differenceToScale(found, expected.doubles) < 1e-5, "\(name)")
    }
  }

  @Test("An embedding that is dropped is dropped at all steps that share it, with the others scaled up")
  func dropout() {
    let configuration = ModelKindTests.configuration([.lstm(4)]) { $0.dropout.embedding = 0.5 }
    let model = ModelKindTests.model(configuration)
    let source = RandomSource(seed: 8)
    var masks = source
    let dropped = EmbeddingDropout(rate: 0.5)(model.embedding, Self.ids, using: masks.split())
    let found = model.stack.pass(
      model.embedding, Self.ids, state: model.initialState(batchSize: 3),
      masks: DropoutMasks(configuration.dropout, random: source))
    #expect(found.embeddings.values.value.elements == dropped.value.elements)
    #expect(found.embeddings.stepCount == 5 && found.embeddings.batchSize == 3 && found.embeddings.shared != nil)
    let copies = SequenceBatch(dropped.reshaped([5, 3, 4]))
    let expected = model.stack(copies, state: model.initialState(batchSize: 3))
    #expect(found.pass.output.values.value.elements == expected.output.values.value.elements)
  }

  @Test(
    "Steps do not share embeddings if more than 3/4 of the tokens are distinct, inputs are dropped or sequences padded"
  )
  func unshared() {
    let model = ModelKindTests.model(ModelKindTests.configuration([.lstm(4)]))
    func shares(_ ids: [Int32], lengths: [Int]? = nil, _ rates: DropoutRates = .none) -> Bool {
      let masks = DropoutMasks(rates, random: RandomSource(seed: 1))
      let state = model.initialState(batchSize: 3)
      return model.stack.pass(model.embedding, ids, state: state, lengths: lengths, masks: masks).embeddings.shared
        != nil
    }
    #expect(shares(Self.ids) && shares(Self.ids, DropoutRates(hidden: 0.5, output: 0.5)))
    #expect(shares([2, 5, 2, 0, 1, 5]) && !shares([2, 5, 2, 0, 1, 3]))
    #expect(!shares(Self.ids, lengths: [5, 5, 4]))
    #expect(!shares(Self.ids, DropoutRates(input: 0.5)) && !shares(Self.ids, DropoutRates(layerInput: 0.5)))
  }
}
