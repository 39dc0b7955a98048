import Foundation
import MynahClassification
import MynahModels
import MynahTensors
import TestSupport
import Testing

@Suite("Naive Bayes")
struct NaiveBayesTests {
  @Test("Scores match the textbook formula")
  func textbook() {
    let texts: [[Int32]] = [[0, 1, 1], [1, 2], [3], [3, 0, 3]]
    let classes = [0, 0, 1, 1]
    let bayes = NaiveBayes(counting: texts, classes: classes, classCount: 2, wordCount: 5, smoothing: 1)
    for words: [Int32] in [[], [1], [4, 4], [0, 1, 2, 3, 4]] {
      let expected = (0..<2).map { label -> Double in
        let own = zip(texts, classes).filter { $0.1 == label }.flatMap(\.0)
        return words.reduce(log(2.0 / 4)) { score, word in
          score + log(Double(own.count { $0 == word } + 1) / Double(own.count + 5))
        }
      }
      #expect(largestDifference(bayes.scores(words), expected) < 1e-12, "\(words)")
    }
  }
}

@Suite("Calibration")
struct CalibrationTests {
  /// Texts whose labels are drawn from the probabilities of a known calibration.
  private func drawn(_ truth: Calibration, count: Int, lengths: ClosedRange<Int> = 1...1) -> [ScoredText] {
    var random = RandomSource(seed: 5)
    return (0..<count).map { _ in
      let length = Int.random(in: lengths, using: &random)
      let scores = truth.biases.map { _ in Double(random.uniform(in: -20..<20)) * Double(length).squareRoot() }
      let label = random.index(weights: truth.probabilities(scores, tokenCount: length))
      return ScoredText(scores: scores, tokenCount: length, label: label)
    }
  }

  @Test("The fit recovers the parameters from which the texts were drawn")
  func recovers() {
    let truth = Calibration(scale: 0.15, lengthExponent: 0.5, biases: [0.5, -0.8, 0.3])
    let found = Calibration(
      fitting: drawn(truth, count: 4000, lengths: 1...60), from: [0, 0, 0], freedom: [.biases, .lengthExponent])
    #expect(found.lengthExponent == 0.5 && abs(found.scale / 0.15 - 1) < 0.12, "\(found)")
    #expect(largestDifference(found.biases, truth.biases) < 0.2, "\(found)")
  }

  @Test("Without further free parameters only the scale is fitted, and no texts change nothing")
  func scaleOnly() {
    let truth = Calibration(scale: 0.2, lengthExponent: 0, biases: [0, 0])
    let found = Calibration(fitting: drawn(truth, count: 3000), from: [0, 0], freedom: [])
    #expect(abs(found.scale / 0.2 - 1) < 0.08 && found.biases == [0, 0] && found.lengthExponent == 0, "\(found)")
    #expect(
      Calibration(fitting: [], from: [1, 2], freedom: [.biases])
        == Calibration(scale: 1, lengthExponent: 0, biases: [1, 2]))
  }

  @Test("Perfectly separated classes keep the parameters finite")
  func separable() {
    let texts = (0..<40).map { index in
      ScoredText(scores: index % 2 == 0 ? [9, 0] : [0, 9], tokenCount: 3, label: index % 2)
    }
    let found = Calibration(fitting: texts, from: [0, 0], freedom: [.biases, .lengthExponent])
    let probabilities = found.probabilities([9, 0], tokenCount: 3)
    // Platt's target probability is 21 / 22.
    #expect(abs(probabilities[0] - 21.0 / 22) < 1e-3, "\(probabilities)")
    let same = Calibration(
      fitting: [ScoredText(scores: [1, 1], tokenCount: 1, label: 0)], from: [0, 0], freedom: [])
    #expect(same.probabilities([1, 1], tokenCount: 1) == [0.5, 0.5])
  }
}

@Suite("Pooling")
struct PoolingTests {
  @Test("Values and gradients match the definitions, whatever the padding contains", arguments: Pooling.allCases)
  func textbook(pooling: Pooling) {
    var random = RandomSource(seed: 3)
    let (steps, rows, size, lengths) = (5, 4, 3, [5, 1, 3, 2])
    let check = GradientCheck([.random([steps, rows, size], using: &random)]) { input in
      (0..<rows).flatMap { row in
        (0..<size).map { unit in
          let own = (0..<lengths[row]).map { input[0][($0 * rows + row) * size + unit] }
          return switch pooling {
          case .last: own.last ?? .nan
          case .mean: own.reduce(0, +) / Double(own.count)
          case .max: own.max() ?? .nan
          }
        }
      }
    } operation: {
      pooling(SequenceBatch($0[0], lengths: lengths))
    }
    #expect(check.passes(), "\(check)")
  }
}

@Suite("The recurrent classifier")
struct RecurrentClassifierTests {
  static func classifier(backward: Bool, pooling: [Pooling] = Pooling.allCases) -> RecurrentClassifier {
    var random = RandomSource(seed: 9)
    let configuration = LanguageModelConfiguration(
      vocabulary: 7, embedding: 4, layers: [.lstm(6), .gru(5)], initializer: .uniform(0.8))
    let models = (0..<2).map { _ in LanguageModel(configuration, using: &random) }
    return RecurrentClassifier(
      forward: models[0], backward: backward ? models[1] : nil, pooling: pooling, classCount: 3, using: &random)
  }

  @Test("A text's logits do not depend on the other texts in the batch", arguments: [true, false])
  func padding(backward: Bool) {
    let classifier = Self.classifier(backward: backward)
    let texts: [[Int32]] = [[1, 2, 3, 4, 5, 6], [2], [3, 3, 1], [0, 6]]
    let together = classifier(texts).value
    #expect(together.shape == [4, 3])
    let alone = texts.flatMap { classifier([$0]).value.elements }
    #expect(largestRelativeDifference(together.elements, alone.map { Double($0) }, floor: 0.1) < 1e-5)
  }

  @Test("Logits are a linear map of the pooled outputs of both directions")
  func composition() {
    let classifier = Self.classifier(backward: true, pooling: [.last, .max])
    let text: [Int32] = [1, 5, 2, 2]
    func outputs(_ reader: TextReader, _ ids: [Int32]) -> [[Float]] {
      var x = reader.embedding(ids).reshaped([ids.count, 1, 4])
      let vectors = x.value.elements
      for layer in reader.stack.layers {
        x = layer(SequenceBatch(x), state: layer.zeroState(batchSize: 1)).output.values
      }
      let size = x.shape[2]
      return (0..<ids.count).map { (step: Int) -> [Float] in
        let own: [Float] = Array(vectors[(step * 4)..<(step * 4 + 4)])
        return own + Array(x.value.elements[(step * size)..<(step * size + size)])
      }
    }
    let ahead = outputs(classifier.forward, text)
    let back = classifier.backward.map { outputs($0, text.reversed()) } ?? []
    func largest(_ rows: [[Float]]) -> [Float] { (0..<9).map { unit in rows.map { $0[unit] }.max() ?? 0 } }
    let joined = ahead[3] + largest(ahead) + back[3] + largest(back)
    let expected = classifier.output(Variable(Tensor(shape: [1, 36], joined))).value.elements
    #expect(
      largestRelativeDifference(classifier([text]).value.elements, expected.map { Double($0) }, floor: 0.1) < 1e-5)
  }

  @Test("Every parameter has a gradient")
  func gradients() {
    let tape = Tape()
    let (tracked, parameters) = Self.classifier(backward: true).tracked(by: tape)
    let random = RandomSource(seed: 4)
    let dropout = ClassifierDropout(
      reader: DropoutRates(input: 0.1, hidden: 0.1, output: 0.1, isVariational: true), pooled: 0.1, random: random)
    let loss = -tracked([[1, 2, 3], [4, 5, 6, 0]], dropout: dropout).logSoftmax().slice(0..<1, axis: 1).sum()
    let gradients = tape.gradients(of: loss, for: parameters)
    #expect(parameters.count == 2 * (1 + 3 + 4) + 2)
    #expect(gradients.allSatisfy { $0.dense.elements.contains { $0 != 0 } })
  }
}

@Suite("One model per class")
struct ClassModelsTests {
  @Test("Log-likelihoods are the sums of the models' own log-probabilities")
  func likelihoods() throws {
    var random = RandomSource(seed: 2)
    let configuration = LanguageModelConfiguration(
      vocabulary: 6, embedding: 3, layers: [.lstm(5)], initializer: .uniform(0.9))
    let models = (0..<3).map { _ in LanguageModel(configuration, using: &random) }
    let ids: [Int32] = [1, 4, 2, 0, 5, 1]
    let expected = models.map { model -> Double in
      let logits = model.logits(Array(ids.dropLast()), state: model.initialState(batchSize: 1)).logits.value
      return ids.dropFirst().enumerated().reduce(0) { sum, place in
        let row = logits.elements[place.offset * 6..<(place.offset + 1) * 6].map { Double($0) }
        return sum + row[Int(place.element)] - log(row.reduce(0) { $0 + exp($1) })
      }
    }
    #expect(try largestDifference(ClassModels(models).logLikelihoods(ids), expected) < 1e-4)
  }
}
