import Foundation
import MynahModels
import MynahTensors
import TestSupport
import Testing

/// Losses other than the full cross-entropy, compared with TensorFlow and PyTorch (`Scripts/golden-sampled-softmax.py`,
/// `Scripts/golden-mixture-of-softmaxes.py`), with the textbook, and with finite differences.
struct LossTests {
  /// A loss of a linear layer.
  typealias LayerLoss = (Linear, Variable) -> (value: Variable, nats: Double)

  /// The loss and the gradients of hidden, weight and bias for a fixture's inputs.
  private func gradients(_ file: SafetensorsFile, _ loss: LayerLoss) throws -> (nats: Double, gradients: [Gradient]) {
    let tape = Tape()
    let variables = try ["hidden", "weight", "bias"].map { tape.variable(try file.tensor(named: $0)) }
    let pass = loss(Linear(weight: variables[1], bias: variables[2]), variables[0])
    #expect(abs(Double(pass.value.value.scalar) / pass.nats - 1) < 0.3)
    return (pass.nats, tape.gradients(of: pass.value, for: variables))
  }

  private func expectGradients(_ found: [Gradient], in file: SafetensorsFile, tolerance: Double = 1e-5) throws {
    for (name, gradient) in zip(["hidden", "weight", "bias"], found) {
      let expected = try file.tensor(named: "gradients.\(name)").elements
      #expect(differenceToScale(gradient.dense.elements, expected) < tolerance, "\(name)")
    }
  }

  // MARK: Sampled softmax

  @Test("A sampled softmax with given candidates matches TensorFlow's expected counts, losses and gradients")
  func sampledGolden() throws {
    let file = try SafetensorsFile.fixture("golden-sampled-softmax")
    let targets = try file.elements(named: "targets", as: Int32.self)
    let ids = try file.elements(named: "candidates", as: Int32.self)
    let drawCount = Int(try file.elements(named: "drawCount", as: Int32.self)[0])
    let candidates = SampledCandidates(ids: ids, drawCount: drawCount, vocabularySize: 40)
    for (name, ids) in [("targets", targets), ("candidates", ids)] {
      let expected = try file.tensor(named: "expected.\(name)").elements
      #expect(differenceToScale(ids.map { candidates.expectedCount(of: $0) }, expected) < 1e-5)
    }
    let losses = try file.tensor(named: "losses").elements
    let whole = try gradients(file) { $0.sampledCrossEntropy(of: $1, targets: targets, candidates: candidates) }
    #expect(abs(whole.nats / losses.doubles.reduce(0, +) - 1) < 1e-6)
    try expectGradients(whole.gradients, in: file)
    guard case .rows(let rows) = whole.gradients[1] else {
      Issue.record("the weight's gradient should be rows")
      return
    }
    #expect(rows.rows == Set(targets + ids).sorted())
    // Row by row: the weights of all other rows are zero.
    for row in targets.indices {
      let weights = targets.indices.map { $0 == row ? Float(1) : 0 }
      let alone = try gradients(file) {
        $0.sampledCrossEntropy(of: $1, targets: targets, candidates: candidates, weights: weights)
      }
      #expect(abs(alone.nats - Double(losses[row])) < 1e-5)
    }
  }

  @Test("A sampled softmax's gradients match finite differences, with weights and a scale")
  func sampledDifferences() {
    var random = RandomSource(seed: 8)
    let targets: [Int32] = [1, 4, 0]
    let candidates = SampledCandidates(ids: [0, 2, 4, 6], drawCount: 9, vocabularySize: 7)
    let weights: [Float] = [1, 0.5, 2]
    let inputs = [[3, 2], [7, 2], [7]].map { Tensor.random(Shape($0), using: &random) }
    let check = GradientCheck(inputs) { values in
      let logits = Textbook.linear(values[0], weight: values[1], bias: values[2])
      let loss = targets.indices.reduce(0.0) { sum, row in
        let corrected = { (id: Int32) in logits[row * 7 + Int(id)] - log(candidates.expectedCount(of: id)) }
        let others = candidates.ids.filter { $0 != targets[row] }.map { exp(corrected($0)) }.reduce(0, +)
        let target = corrected(targets[row])
        return sum + Double(weights[row]) * (log(exp(target) + others) - target)
      }
      return [loss * 0.25]
    } operation: { variables in
      Linear(weight: variables[1], bias: variables[2]).sampledCrossEntropy(
        of: variables[0], targets: targets, candidates: candidates, weights: weights, scale: 0.25
      ).value
    }
    #expect(check.passes(), "\(check)")
  }

  @Test("If every token is a candidate with expected count 1, the sampled softmax equals the full softmax")
  func sampledAll() {
    var random = RandomSource(seed: 9)
    let layer = Linear(
      weight: Variable(.random([6, 4], using: &random)), bias: Variable(.random([6], using: &random)))
    let hidden = Variable(Tensor.random([5, 4], using: &random))
    let targets: [Int32] = [0, 5, 2, 2, 3]
    let all = SampledCandidates(ids: [0, 1, 2, 3, 4, 5], drawCount: 1_000_000, vocabularySize: 6)
    let sampled = layer.sampledCrossEntropy(of: hidden, targets: targets, candidates: all)
    #expect(abs(sampled.nats - layer.crossEntropy(of: hidden, targets: targets).nats) < 1e-5)
    #expect(layer.sampledCrossEntropy(of: Variable(.zeros([0, 4])), targets: [], candidates: all).nats == 0)
  }

  @Test("Candidates are distinct, reproducible and about as frequent as expected")
  func candidates() {
    var random = RandomSource(seed: 3)
    var counts = [Int](repeating: 0, count: 20)
    var (draws, expected) = (0, 0.0)
    var areDifferent = true
    for _ in 0..<2000 {
      let candidates = SampledCandidates(count: 5, vocabularySize: 20, using: &random)
      areDifferent = areDifferent && Set(candidates.ids).count == 5 && candidates.drawCount >= 5
      for id in candidates.ids { counts[Int(id)] += 1 }
      draws += candidates.drawCount
      expected += candidates.expectedCount(of: 0)
    }
    // TensorFlow's expected count takes the number of draws as given, so it is rather high for few candidates.
    #expect(areDifferent && abs(Double(counts[0]) / expected - 1) < 0.2)
    #expect(counts[0] > counts[4] && counts[4] > counts[19] && counts[19] > 0 && draws > 10_000)
    var (one, two) = (RandomSource(seed: 3), RandomSource(seed: 3))
    #expect(
      SampledCandidates(count: 5, vocabularySize: 20, using: &one)
        == SampledCandidates(count: 5, vocabularySize: 20, using: &two))
    #expect(Set(SampledCandidates(count: 20, vocabularySize: 20, using: &one).ids) == Set(0..<20))
    #expect(SampledCandidates(count: 1, vocabularySize: 1, using: &one).ids == [0])
    let whole = SampledCandidates(ids: [0], drawCount: 1, vocabularySize: 20)
    #expect(abs((0..<20).map { whole.probability(of: $0) }.reduce(0, +) - 1) < 1e-12)
  }

  // MARK: Smoothing

  @Test("Label smoothing matches PyTorch's loss and gradients, and reports the loss without smoothing")
  func smoothedGolden() throws {
    let file = try SafetensorsFile.fixture("golden-smoothed")
    let targets = try file.elements(named: "targets", as: Int32.self)
    let found = try gradients(file) { $0.smoothedCrossEntropy(of: $1, targets: targets, smoothing: 0.1) }
    try expectGradients(found.gradients, in: file)
    let layer = try Linear(
      weight: Variable(file.tensor(named: "weight")), bias: Variable(file.tensor(named: "bias")))
    let hidden = Variable(try file.tensor(named: "hidden"))
    #expect(found.nats == layer.crossEntropy(of: hidden, targets: targets).nats)
    let smoothed = layer.smoothedCrossEntropy(of: hidden, targets: targets, smoothing: 0.1).value.value.scalar
    #expect(abs(smoothed / (try file.tensor(named: "loss").scalar) - 1) < 1e-6)
    let plain = layer.smoothedCrossEntropy(of: hidden, targets: targets, smoothing: 0).value.value
    #expect(plain == layer.crossEntropy(of: hidden, targets: targets).value.value)
  }

  @Test("Rows with zero weight do not count in a smoothed loss")
  func smoothedMask() {
    var random = RandomSource(seed: 10)
    let layer = Linear(
      weight: Variable(.random([6, 4], using: &random)), bias: Variable(.random([6], using: &random)))
    let hidden = Tensor.random([3, 4], using: &random)
    let masked = layer.smoothedCrossEntropy(
      of: Variable(hidden), targets: [1, 2, 3], smoothing: 0.2, weights: [1, 0, 1])
    let parts = [0, 2].map { row in
      layer.smoothedCrossEntropy(of: Variable(hidden.slice(row..<row + 1)), targets: [Int32(row) + 1], smoothing: 0.2)
    }
    #expect(abs(masked.value.value.scalar - parts[0].value.value.scalar - parts[1].value.value.scalar) < 1e-5)
    #expect(abs(masked.nats - parts[0].nats - parts[1].nats) < 1e-5)
  }

  // MARK: Adaptive softmax

  /// The names of the fixture's parameters.
  static let adaptiveNames = ["head.weight"] + (0..<3).flatMap { ["tail.\($0).0.weight", "tail.\($0).1.weight"] }

  private func adaptive(_ parameters: [Variable]) -> AdaptiveSoftmax {
    AdaptiveSoftmax(cutoffs: [6, 15, 29], vocabularySize: 50, parameters: parameters)
  }

  @Test("An adaptive softmax matches PyTorch's parameter names, losses, log-probabilities and gradients")
  func adaptiveGolden() throws {
    let file = try SafetensorsFile.fixture("golden-adaptive-softmax")
    let values = try Self.adaptiveNames.map { try file.tensor(named: $0) }
    let layer = adaptive(values.map { Variable($0) })
    let targets = try file.elements(named: "targets", as: Int32.self)
    let hidden = try file.tensor(named: "hidden")
    let tape = Tape()
    let parameters = values.map { tape.variable($0) }
    let x = tape.variable(hidden)
    let pass = adaptive(parameters).crossEntropy(of: x, targets: targets)
    let losses = try file.tensor(named: "losses").elements
    #expect(abs(pass.nats / losses.doubles.reduce(0, +) - 1) < 1e-6)
    let gradients = tape.gradients(of: pass.value, for: parameters + [x])
    for (name, gradient) in zip(Self.adaptiveNames + ["hidden"], gradients) {
      let expected = try file.tensor(named: "gradients.\(name)").elements
      #expect(differenceToScale(gradient.dense.elements, expected) < 1e-5, "\(name)")
    }
    let logs = layer.logProbabilities(of: Variable(hidden)).value
    #expect(differenceToScale(logs.elements, try file.tensor(named: "logProbabilities").elements) < 1e-6)
    for (row, target) in targets.enumerated() {
      var weights = [Float](repeating: 0, count: targets.count)
      weights[row] = 2
      let alone = layer.crossEntropy(of: Variable(hidden), targets: targets, weights: weights, scale: 3)
      #expect(abs(alone.nats - 2 * Double(losses[row])) < 1e-4)
      #expect(abs(alone.nats + 2 * Double(logs.gathered(coordinate: [row, Int(target)]).scalar)) < 1e-4)
      #expect(abs(Double(alone.value.value.scalar) - 3 * alone.nats) < 1e-4)
    }
  }

  @Test("A cluster without targets gets zero gradients")
  func adaptiveEmptyCluster() throws {
    let file = try SafetensorsFile.fixture("golden-adaptive-softmax")
    let tape = Tape()
    let parameters = try Self.adaptiveNames.map { tape.variable(try file.tensor(named: $0)) }
    let pass = adaptive(parameters).crossEntropy(of: Variable(Tensor(shape: [1, 8], repeating: 1)), targets: [2])
    let gradients = tape.gradients(of: pass.value, for: parameters)
    #expect(gradients.map { $0.sumOfSquares > 0 } == [true] + Array(repeating: false, count: 6))
  }

  // MARK: Mixture of softmaxes

  /// The names of the fixture's parameters, in the order of the kind's specs.
  static let mixtureNames = ["prior.weight", "latent.weight", "latent.bias", "weight", "bias"]

  private func mixture(_ parameters: [Variable]) throws -> any OutputLayer {
    let shape = OutputShape(hiddenSize: 6, vocabularySize: 11, embeddingSize: 5, sizes: [3, 4])
    #expect(OutputKind.mixtureOfSoftmaxes.parameters(shape).map(\.name) == Self.mixtureNames)
    #expect(OutputKind.mixtureOfSoftmaxes.parameters(shape).map(\.shape) == parameters.map(\.shape))
    return OutputKind.mixtureOfSoftmaxes.layer(shape, parameters, Variable(Tensor([])))
  }

  @Test("A mixture of softmaxes matches PyTorch's losses, log-probabilities and gradients, with row weights")
  func mixtureGolden() throws {
    let file = try SafetensorsFile.fixture("golden-mixture-of-softmaxes")
    let values = try Self.mixtureNames.map { try file.tensor(named: $0) }
    let (hidden, targets) = (try file.tensor(named: "hidden"), try file.elements(named: "targets", as: Int32.self))
    let weights = try file.tensor(named: "rowWeights").elements
    let layer = try mixture(values.map { Variable($0) })
    let losses = try file.tensor(named: "losses").elements
    let found = layer.negativeLogProbabilities(of: hidden, targets: targets)
    #expect(differenceToScale(found.rows.elements, losses) < 1e-6)
    let logs = try file.tensor(named: "logProbabilities").elements
    #expect(differenceToScale(layer.logProbabilities(of: Variable(hidden)).value.elements, logs) < 1e-6)

    let tape = Tape()
    let (parameters, x) = (values.map { tape.variable($0) }, tape.variable(hidden))
    let pass = try mixture(parameters).crossEntropy(of: x, targets: targets, weights: weights, scale: 0.5)
    let nats = zip(losses, weights).reduce(0.0) { $0 + Double($1.0 * $1.1) }
    #expect(abs(pass.nats / nats - 1) < 1e-6 && abs(Double(pass.value.value.scalar) / (0.5 * nats) - 1) < 1e-6)
    for (name, gradient) in zip(Self.mixtureNames + ["hidden"], tape.gradients(of: pass.value, for: parameters + [x])) {
      let expected = try file.tensor(named: "gradients.\(name)").elements.map { 0.5 * $0 }
      #expect(differenceToScale(gradient.dense.elements, expected) < 1e-5, "\(name)")
    }
  }

  @Test("A mixture of one component whose latent map is the identity equals a softmax of tanh h")
  func mixtureOfOne() throws {
    var random = RandomSource(seed: 3)
    let (weight, bias) = (Tensor.random([7, 4], using: &random), Tensor.random([7], using: &random))
    let identity = Tensor(shape: [4, 4], (0..<16).map { $0 % 5 == 0 ? 1 : 0 })
    let linear = Linear(weight: Variable(weight), bias: Variable(bias))
    let layer = MixtureOfSoftmaxes(
      prior: Variable(.random([1, 4], using: &random)),
      latent: Linear(weight: Variable(identity), bias: Variable(.zeros([4]))), linear: linear)
    let hidden = Variable(Tensor.random([3, 4], using: &random))
    let expected = linear(hidden.tanh()).logSoftmax().value.elements
    #expect(differenceToScale(layer.logProbabilities(of: hidden).value.elements, expected) < 1e-6)
    #expect(layer.crossEntropy(of: Variable(.zeros([0, 4])), targets: []).nats == 0)
  }

  // MARK: Sums of squares

  @Test("The sum of squares has the gradient 2·x")
  func sumOfSquares() {
    var random = RandomSource(seed: 11)
    for shape in [[], [1], [0], [3, 5]] as [Shape] {
      let check = GradientCheck([.random(shape, using: &random)]) {
        [$0[0].map { $0 * $0 }.reduce(0, +)]
      } operation: {
        $0[0].sumOfSquares()
      }
      #expect(check.passes(), "\(check)")
    }
  }
}
