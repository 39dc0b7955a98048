import Foundation
import MynahInference
import MynahModels
import MynahTensors
import TestSupport
import Testing

struct InferenceModelTests {
  /// Sizes around the widths of vectors and panels; the first layer's inputs are tabulated in the first two.
  static let shapes: [(vocabulary: Int, embedding: Int, hidden: [Int])] = [
    (3, 1, [7]), (17, 8, [16, 5]), (67, 5, [17]), (601, 33, [65, 31]), (70, 3, [1, 1, 1]), (90, 64, [64]),
  ]

  private func model(_ shape: (vocabulary: Int, embedding: Int, hidden: [Int]), bound: Float = 0.3) -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: shape.vocabulary, embedding: shape.embedding, layers: shape.hidden.map { .lstm($0) },
        initializer: .uniform(bound)),
      using: &random)
  }

  private func ids(_ count: Int, below vocabularySize: Int, seed: UInt64 = 8) -> [Int32] {
    var random = RandomSource(seed: seed)
    return (0..<count).map { _ in Int32(random.next() % UInt64(vocabularySize)) }
  }

  @Test("Logits computed token by token equal the original model's, for one stream and for several")
  func decode() {
    for shape in Self.shapes {
      let model = model(shape)
      let packed = InferenceModel(model)
      for batchSize in [1, 2, 7] {
        var (state, expected) = (packed.initialState(batchSize: batchSize), model.initialState(batchSize: batchSize))
        for step in 0..<5 {
          let tokens = ids(batchSize, below: shape.vocabulary, seed: UInt64(step))
          let reference = model.logits(tokens, state: expected)
          expected = reference.state
          let logits = packed.advance(tokens, state: &state)
          #expect(logits.shape == [batchSize, shape.vocabulary] && state.stepCount == step + 1)
          #expect(largestDifference(logits.elements, reference.logits.value.elements) < 1e-5)
        }
      }
    }
  }

  @Test("A prompt gives the same bits read at once or token by token", arguments: WeightPrecision.allCases)
  func prompts(precision: WeightPrecision) {
    for shape in Self.shapes {
      let packed = InferenceModel(model(shape), precision: precision)
      let prompt = ids(600, below: shape.vocabulary)
      var (whole, single) = (packed.initialState(), packed.initialState())
      let logits = packed.advance(prompt, state: &whole)
      var last = Tensor([])
      for id in prompt { last = packed.advance([id], state: &single) }
      #expect(last == logits && whole == single)
    }
  }

  @Test(
    "A stream's logits have the same bits alone, in a batch and on any number of threads",
    arguments: WeightPrecision.allCases)
  func company(precision: WeightPrecision) {
    for shape in Self.shapes {
      let packed = InferenceModel(model(shape), precision: precision)
      let streams = (0..<7).map { ids(4, below: shape.vocabulary, seed: UInt64($0)) }
      func together(threadCount: Int) -> [Float] {
        ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
          var state = packed.initialState(batchSize: streams.count)
          return packed.advance((0..<4).flatMap { step in streams.map { $0[step] } }, state: &state).elements
        }
      }
      let alone = streams.flatMap { stream -> [Float] in
        var state = packed.initialState()
        return packed.advance(stream, state: &state).elements
      }
      for threadCount in [1, 2, 3] { #expect(together(threadCount: threadCount) == alone) }
    }
  }

  @Test(
    "Losses are the −log softmax of the logits, in one piece or in several, on any number of threads",
    arguments: WeightPrecision.allCases)
  func scores(precision: WeightPrecision) {
    for shape in Self.shapes {
      let packed = InferenceModel(model(shape, bound: 1), precision: precision)
      let text = ids(40, below: shape.vocabulary)
      let (inputs, targets) = (Array(text.dropLast()), Array(text.dropFirst()))
      var state = packed.initialState()
      let whole = packed.negativeLogProbabilities(of: targets, after: inputs, state: &state)
      let shared = ThreadTeam.$current.withValue(ThreadTeam(threadCount: 2)) {
        var state = packed.initialState()
        return packed.negativeLogProbabilities(of: targets, after: inputs, state: &state)
      }
      #expect(shared == whole)
      var (pieces, steps) = (packed.initialState(), packed.initialState())
      let parts = [0..<1, 1..<14, 14..<39].flatMap { range in
        packed.negativeLogProbabilities(of: Array(targets[range]), after: Array(inputs[range]), state: &pieces)
      }
      #expect(parts == whole && pieces == state)
      for (place, (input, target)) in zip(inputs, targets).enumerated() {
        let logits = packed.advance([input], state: &steps).elements.map(Double.init)
        let nats = log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(target)]
        #expect(abs(whole[place] - nats) < 1e-5)
      }
    }
  }

  @Test("The loss of a model with rounded weights is close to the float32 model's")
  func precisions() throws {
    let shape = Self.shapes[3]
    let model = model(shape, bound: 0.2)
    let text = ids(300, below: shape.vocabulary)
    let exact = try InferenceModel(model).loss(of: text).mean
    for precision in [WeightPrecision.bfloat16, .int8] {
      #expect(try abs(InferenceModel(model, precision: precision).loss(of: text).mean / exact - 1) < 2e-3)
    }
  }

  @Test("A state that is stored and read back continues with the same bits")
  func coding() throws {
    let packed = InferenceModel(model(Self.shapes[1]))
    var state = packed.initialState(batchSize: 2)
    _ = packed.advance([1, 2, 3, 4], state: &state)
    var copy = try JSONDecoder().decode(RecurrentState.self, from: JSONEncoder().encode(state))
    #expect(copy == state)
    #expect(packed.advance([5, 6], state: &copy) == packed.advance([5, 6], state: &state))
  }

  @Test("NaN weights make the loss non-finite", arguments: WeightPrecision.allCases)
  func damage(precision: WeightPrecision) throws {
    for damaged in 0..<5 {
      var (model, index) = (model(Self.shapes[3]), 0)
      model.visitParameters(prefix: "") { _, parameter in
        if index == damaged {
          var value = parameter.value
          value.withMutableSpan { for place in $0.indices where place % 2 == 0 { $0[place] = .nan } }
          parameter = Variable(value)
        }
        index += 1
      }
      let loss = try InferenceModel(model, precision: precision).loss(of: ids(20, below: 601))
      #expect(!loss.nats.isFinite)
    }
  }
}
