import Foundation
import MynahClassification
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("N-gram features")
struct NGramFeatureTests {
  @Test(
    "The hash matches published values",
    arguments: [("", 0xcbf2_9ce4_8422_2325 as UInt64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)])
  func hash(text: String, value: UInt64) {
    var hash = FNV1a()
    hash.combine(Array(text.utf8))
    #expect(hash.value == value)
  }

  /// The n-grams of a text by plain slicing of strings, each prefixed with the byte of its kind.
  private func pieces(words: [String], characters: String) -> [[String]] {
    let pairs = zip(words, words.dropFirst()).map { "\u{0}\($0) \($1)" }
    let cut = (2...5).flatMap { count in
      (0..<max(0, characters.count - count + 1)).map { "\u{1}" + String(Array(characters)[$0..<$0 + count]) }
    }
    return [words.map { "\u{0}" + $0 } + pairs, cut]
  }

  @Test(
    "Features match those of n-grams sliced from strings",
    arguments: [
      ("", [], ""), ("x", ["x"], "x"), (" \t\n", [], " "), ("\u{0}", [], " "),
      ("FREE £5!  call\t08-71", ["free", "^", "£", "0", "!", "call", "00", "-", "00"], "FREE £0! call 00-00"),
      ("na na na", ["na", "na", "na"], "na na na"), ("Grüße ٣", ["grüße", "0"], "Grüße 0"),
    ] as [(String, [String], String)], [1, 7, 1 << 20])
  func features(example: (text: String, words: [String], characters: String), bucketCount: Int) {
    var expected: [Int32: Double] = [:]
    for kind in pieces(words: example.words, characters: example.characters) {
      let buckets = Set(
        kind.map { piece in
          var hash = FNV1a()
          hash.combine(Array(piece.utf8))
          return Int32((hash.value ^ (hash.value / 4_294_967_296)) % UInt64(bucketCount))
        })
      for bucket in buckets { expected[bucket, default: 0] += 1 / Double(buckets.count).squareRoot() }
    }
    let features = NGramFeatures(example.text, bucketCount: bucketCount)
    #expect(features.buckets == expected.keys.sorted())
    #expect(zip(features.buckets, features.values).allSatisfy { abs(Double($1) - (expected[$0] ?? 0)) < 1e-6 })
  }
}

@Suite("N-gram regression")
struct NGramRegressionTests {
  private static let texts = [
    ("win a prize", 0), ("WIN 500", 0), ("see you at home", 1), ("home at 5", 1), ("who won?", 2), ("who is it", 2),
    ("win a prize", 1),
  ].map { (features: NGramFeatures($0.0, bucketCount: 12), label: $0.1) }

  /// −Σ log p + λ/2 · ‖W‖² and its gradient, computed in plain loops.
  private func loss(_ w: [[Double]], penalty: Double) -> (value: Double, gradient: [[Double]]) {
    var gradient = w.map { $0.map { penalty * $0 } }
    var value = penalty / 2 * w.joined().reduce(0) { $0 + $1 * $1 }
    for (features, label) in Self.texts {
      var x = [Double](repeating: 0, count: 13)
      for (bucket, number) in zip(features.buckets, features.values) { x[Int(bucket)] = Double(number) }
      x[12] = 1
      let scores = (0..<3).map { label in (0..<13).reduce(0) { $0 + x[$1] * w[$1][label] } }
      let sum = scores.reduce(0) { $0 + exp($1) }
      value -= log(exp(scores[label]) / sum)
      for row in 0..<13 {
        for column in 0..<3 {
          gradient[row][column] += x[row] * (exp(scores[column]) / sum - (column == label ? 1 : 0))
        }
      }
    }
    return (value, gradient)
  }

  @Test("The weights are close to those of plain gradient descent", arguments: [0.05, 1])
  func minimum(penalty: Double) throws {
    var w = [[Double]](repeating: [0, 0, 0], count: 13)
    for _ in 0..<4000 {
      let gradient = loss(w, penalty: penalty).gradient
      for row in 0..<13 { for column in 0..<3 { w[row][column] -= 0.1 * gradient[row][column] } }
    }
    let found = try NGramRegression(Self.texts, bucketCount: 12, classCount: 3, penalty: penalty).fitted()
    let own = (0..<13).map { row in
      (0..<3).map { Double(row == 12 ? found.biases[$0] : found.weights[row * 3 + $0]) }
    }
    let (least, reached) = (loss(w, penalty: penalty).value, loss(own, penalty: penalty).value)
    #expect(reached < least * (1 + 1e-4), "\(reached) is more than \(least)")
    #expect(zip(own.joined(), w.joined()).allSatisfy { abs($0 - $1) < 0.05 }, "\(own) is not \(w)")
  }

  @Test("Texts without n-grams give the class frequencies, and no texts give equal probabilities")
  func empty() throws {
    let texts = [0, 1, 1, 1].map { (features: NGramFeatures("", bucketCount: 5), label: $0) }
    let shares = try NGramRegression(texts, bucketCount: 5, classCount: 2, penalty: 1e-6).fitted()
    #expect(abs(shares.logProbabilities("anything")[1] - log(0.75)) < 1e-3 && shares.weights.allSatisfy { $0 == 0 })
    let nothing = try NGramRegression([], bucketCount: 5, classCount: 2).fitted()
    #expect(nothing.logProbabilities("x") == [log(0.5), log(0.5)])
  }

  @Test("A member's probabilities are the geometric mean of its model's and its n-grams'")
  func geometricMean() throws {
    let tokenizer = ClassifierTokenizer(form: .folded, tokenizer: AnyTokenizer(.word, training: "a b a b\n"))
    let model = ClassifierModel.naiveBayes(
      NaiveBayes(
        counting: [[0], [1, 1]], classes: [0, 1], classCount: 2, wordCount: 2))
    let ngrams = NGramClassifier(weights: [1, -2, 0.5, 0, 3, 1], biases: [0.2, 0.1])
    func classifier(_ ngrams: NGramClassifier?) -> TextClassifier {
      TextClassifier(
        method: .naiveBayes, labels: ["x", "y"],
        members: [
          TextClassifier.Member(
            tokenizer: tokenizer, model: model, calibration: .identity(classCount: 2), ngrams: ngrams)
        ])
    }
    let alone = try classifier(nil).predict("a b b").probabilities
    let features = NGramFeatures("a b b", bucketCount: 3)
    let scores = (0..<2).map { label in
      zip(features.buckets, features.values).reduce(Double(ngrams.biases[label])) {
        $0 + Double($1.1) * Double(ngrams.weights[Int($1.0) * 2 + label])
      }
    }
    let wide = scores.map { exp($0) / (exp(scores[0]) + exp(scores[1])) }
    let roots = zip(alone, wide).map { ($0 * $1).squareRoot() }
    let expected = roots.map { $0 / (roots[0] + roots[1]) }
    let found = try classifier(ngrams).predict("a b b").probabilities
    #expect(largestDifference(found, expected) < 1e-12, "\(found) is not \(expected)")
  }
}
