import Foundation
import MynahModels
import MynahTensors
import TestSupport
import Testing

/// Dropout compared with masks computed by hand from the words that the random source draws.
struct DropoutVariantTests {
  /// The factors of `count` elements: 1 / keep where the element's 32 bits are below keep · 2³², else 0.
  static func mask(_ count: Int, keep: Float, using random: RandomSource) -> [Float] {
    var random = random
    let words = (0..<(count + 1) / 2).flatMap { _ in
      let word = random.next()
      return [UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32)]
    }
    return words.prefix(count).map { Double($0) < Double(keep) * 0x1p32 ? 1 / keep : 0 }
  }

  var random = RandomSource(seed: 40)

  @Test("Variational (locked) dropout uses one mask per row at all steps, also for the gradient")
  mutating func locked() {
    let source = RandomSource(seed: 3, stream: 8)
    let x = Tensor.random([4, 3, 5], using: &random)
    let mask = Self.mask(15, keep: 0.6, using: source)
    #expect(Set(mask).count == 2)
    let tape = Tape()
    let variable = tape.variable(x)
    let y = VariationalDropout(rate: 0.4)(variable, using: source)
    let expected = x.elements.enumerated().map { $1 * mask[$0 % 15] }
    #expect(y.value.elements == expected)
    let gradient = tape.gradient(of: y.sum(), for: variable).elements
    #expect(gradient == (0..<60).map { mask[$0 % 15] })
  }

  @Test("Embedding dropout zeroes a dropped token at all of its positions, also in the gradient")
  mutating func embedding() {
    let source = RandomSource(seed: 9)
    let ids: [Int32] = [5, 0, 5, 2, 1, 0, 7, 3]
    let table = Tensor.random([8, 3], using: &random)
    let mask = Self.mask(8, keep: 0.5, using: source)
    #expect(Set(ids.map { mask[Int($0)] }).count == 2)
    let tape = Tape()
    let (layer, parameters) = Embedding(weight: Variable(table)).tracked(by: tape)
    let y = EmbeddingDropout(rate: 0.5)(layer, ids, using: source)
    #expect(y.shape == [8, 3])
    #expect(y.value.elements == ids.flatMap { id in table.gathered(Int(id)).elements.map { $0 * mask[Int(id)] } })
    let gradient = tape.gradients(of: y.sum(), for: parameters)[0].dense
    for row in 0..<8 {
      let count = Float(ids.count { $0 == row })
      #expect(gradient.gathered(row).elements == [Float](repeating: count * mask[row], count: 3))
    }
  }

  @Test("Weight drop masks only W_hh, once per batch, and leaves the original layer unchanged")
  mutating func weights() {
    let layer = RecurrentLayer(.lstm(2), inputSize: 3, initializer: .uniform(1), using: &random)
    let source = RandomSource(seed: 2)
    var own = source
    let mask = Self.mask(16, keep: 0.7, using: own.split())
    #expect(Set(mask).count == 2)
    let before = layer.parameters.map(\.value)
    let tape = Tape()
    let (tracked, parameters) = layer.tracked(by: tape)
    let dropped = WeightDrop(rate: 0.3)(tracked, using: source)
    let after = dropped.parameters.map(\.value)
    #expect(after[0] == before[0] && after[2] == before[2])
    #expect(after[1].elements == zip(before[1].elements, mask).map { $0 * $1 })
    #expect(layer.parameters.map(\.value) == before)
    let x = Variable(Tensor.random([4, 2, 3], using: &random))
    let gradient = tape.gradients(
      of: dropped(x, state: dropped.zeroState(batchSize: 2)).output.sum(), for: parameters)[1].dense
    #expect(zip(gradient.elements, mask).allSatisfy { ($0 == 0) == ($1 == 0) })
  }

  @Test(
    "In layers without recurrent weights, weight drop applies to the input weights",
    arguments: [LayerConfiguration.qrnn(2), .qrnn(2, window: 2), .sru(2), .minGRU(2)])
  mutating func inputWeights(configuration: LayerConfiguration) {
    let layer = RecurrentLayer(configuration, inputSize: 3, initializer: .uniform(1), using: &random)
    let source = RandomSource(seed: 2)
    let (before, after) = (layer.parameters, WeightDrop(rate: 0.3)(layer, using: source).parameters)
    var own = source
    let mask = Self.mask(before[0].value.shape.elementCount, keep: 0.7, using: own.split())
    #expect(Set(mask).count == 2 && before[0].name == "weight_ih_l0")
    #expect(after[0].value.elements == zip(before[0].value.elements, mask).map { $0 * $1 })
    #expect(after.dropFirst().map(\.value) == before.dropFirst().map(\.value))
  }

  @Test("A rate of 0 changes nothing")
  mutating func dropsNothing() {
    let x = Variable(Tensor.random([2, 2, 3], using: &random))
    let source = RandomSource(seed: 1)
    #expect(VariationalDropout(rate: 0)(x, using: source).value == x.value)
    let table = Embedding(vocabularySize: 4, size: 2, initializer: .uniform(1), using: &random)
    #expect(EmbeddingDropout(rate: 0)(table, [3, 1], using: source).value == table([3, 1]).value)
    let layer = RecurrentLayer(.lstm(2), inputSize: 3, initializer: .uniform(1), using: &random)
    #expect(
      WeightDrop(rate: 0)(layer, using: source).parameters.map(\.value) == layer.parameters.map(\.value))
  }

  /// A model with one kind of dropout.
  private func model(_ change: (inout LanguageModelConfiguration) -> Void) -> LanguageModel {
    var configuration = LanguageModelConfiguration(
      vocabulary: 9, embedding: 4, layers: [.lstm(5), .gru(5)], initializer: .uniform(0.8))
    change(&configuration)
    var random = RandomSource(seed: 3)
    return LanguageModel(configuration, using: &random)
  }

  @Test("Input dropout acts once, on the embeddings before the first layer")
  func vectors() {
    let model = model { $0.dropout.input = 0.4 }
    let source = RandomSource(seed: 12)
    var own = source
    let ids: [Int32] = [4, 0, 7, 4, 2, 8]
    let mask = Tensor(shape: [3, 2, 4], Self.mask(24, keep: 0.6, using: own.split()))
    let state = model.initialState(batchSize: 2)
    let vectors = Variable(model.embedding(ids).value.reshaped([3, 2, 4]) * mask)
    let first = model.stack.layers[0](vectors, state: state.layers[0]).output
    let second = model.stack.layers[1](first, state: state.layers[1]).output
    #expect(model(ids, state: state, dropout: source).output.values.value == second.value)
  }

  @Test(
    "Latent dropout drops elements of a mixture's latent vectors, with one mask for all steps if variational",
    arguments: [false, true])
  mutating func latent(isVariational: Bool) {
    let (stepCount, batchSize, components) = (4, 3, 2)
    let rates = DropoutRates(latent: 0.25, isVariational: isVariational)
    let dropout = LatentDropout(DropoutMasks(rates, random: RandomSource(seed: 4)), batchSize: batchSize)
    let factors = dropout(Variable(Tensor(shape: [stepCount * batchSize, 10], repeating: 1))).value
    #expect(Set(factors.elements) == [0, 1 / 0.75])
    let steps = (0..<stepCount).map { factors.slice($0 * batchSize..<($0 + 1) * batchSize) }
    #expect(steps.allSatisfy { $0 == steps[0] } == isVariational && steps[0].slice(0..<1) != steps[0].slice(1..<2))

    func drawn(_ shape: Shape) -> Variable { Variable(.random(shape, using: &random)) }
    let layer = MixtureOfSoftmaxes(
      prior: drawn([components, 6]), latent: Linear(weight: drawn([components * 5, 6]), bias: drawn([components * 5])),
      linear: Linear(weight: drawn([7, 5]), bias: drawn([7])))
    let (hidden, targets) = (drawn([stepCount * batchSize, 6]), (0..<12).map { Int32($0 % 7) })
    let vectors = layer.latent(hidden).tanh() * Variable(factors)
    let all = layer.linear(vectors.reshaped([stepCount * batchSize * components, 5])).logSoftmax().value.elements
    let weights = hidden.matmul(layer.prior, transposingOther: true).logSoftmax().value.elements
    let expected = targets.enumerated().reduce(0.0) { sum, target in
      let joint = (0..<components).map { k in
        Double(
          weights[target.offset * components + k] + all[(target.offset * components + k) * 7 + Int(target.element)])
      }
      return sum - log(joint.reduce(0) { $0 + exp($1) })
    }
    #expect(abs(layer.dropping(dropout).crossEntropy(of: hidden, targets: targets).nats / expected - 1) < 1e-5)
    #expect(abs(layer.crossEntropy(of: hidden, targets: targets).nats / expected - 1) > 1e-4)
  }

  @Test("Latent dropout needs an output layer that has latent vectors")
  func latentDefect() {
    var configuration = LanguageModelConfiguration(vocabulary: 6, embedding: 4, layers: [.lstm(4)])
    configuration.dropout.latent = 0.5
    #expect(
      configuration.defect()
        == "latent dropout needs an output layer with latent vectors, such as 'mixture', found 'softmax'")
    configuration.output = .mixtureOfSoftmaxes(2)
    #expect(configuration.defect() == nil)
  }

  @Test("Each kind of dropout acts only in training and depends only on its random source")
  func models() {
    let plain = model { _ in }
    let ids = (0..<12).map { Int32($0 % 9) }
    func loss(_ model: LanguageModel, _ dropout: RandomSource?) -> Double {
      model.loss(inputs: ids, targets: ids, state: model.initialState(batchSize: 3), dropout: dropout).loss.nats
    }
    let kinds: [(inout LanguageModelConfiguration) -> Void] = [
      { $0.dropout.layerInput = 0.5 }, { $0.dropout.hidden = 0.5 }, { $0.dropout.output = 0.5 },
      { $0.dropout.embedding = 0.5 }, { $0.dropout.weights = 0.5 }, { $0.dropout.input = 0.5 },
      { $0.dropout = DropoutRates(output: 0.5, isVariational: true) },
    ]
    var losses: [Double] = []
    for kind in kinds {
      let dropping = model(kind)
      #expect(loss(dropping, nil) == loss(plain, nil))
      losses.append(loss(dropping, RandomSource(seed: 4)))
      #expect(losses.last == loss(dropping, RandomSource(seed: 4)))
      #expect(losses.last != loss(dropping, RandomSource(seed: 5)))
    }
    #expect(Set(losses).count == kinds.count && !losses.contains(loss(plain, nil)))
    let mixture = model { $0.output = .mixtureOfSoftmaxes(2) }
    let dropping = model {
      $0.output = .mixtureOfSoftmaxes(2)
      $0.dropout.latent = 0.5
    }
    #expect(loss(dropping, nil) == loss(mixture, nil) && loss(dropping, RandomSource(seed: 4)) != loss(mixture, nil))
    #expect(loss(plain, RandomSource(seed: 4)) == loss(plain, nil))
  }
}
