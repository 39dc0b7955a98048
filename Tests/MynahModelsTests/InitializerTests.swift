import Foundation
import MynahModels
import MynahTensors
import TestSupport
import Testing

struct InitializerTests {
  var random = RandomSource(seed: 5)

  @Test("Glorot weights span the whole range ±√(6 / (rows + columns)), and vectors are zero")
  mutating func glorot() {
    let elements = Initializer.glorotUniform.draw([40, 110], using: &random).elements
    let bound: Float = 0.2  // √(6 / 150)
    #expect(elements.allSatisfy { abs($0) <= bound })
    #expect(elements.contains { $0 > 0.99 * bound } && elements.contains { $0 < -0.99 * bound })
    #expect(abs(elements.doubles.reduce(0, +) / 4400) < 0.01)
    #expect(Initializer.glorotUniform.draw([7], using: &random) == .zeros([7]))
  }

  @Test(
    "The rows or columns of an orthogonal matrix, whichever are fewer, are orthonormal",
    arguments: [[1, 1], [3, 3], [5, 2], [2, 5], [64, 16], [16, 64], [33, 33]])
  mutating func orthogonal(sizes: [Int]) {
    let matrix = Initializer.orthogonal.draw(Shape(sizes), using: &random)
    #expect(matrix.shape == Shape(sizes))
    let isWide = sizes[0] <= sizes[1]
    let product = matrix.matmul(matrix, transposingSelf: !isWide, transposingOther: isWide)
    let count = min(sizes[0], sizes[1])
    for row in 0..<count {
      for column in 0..<count {
        let expected: Float = row == column ? 1 : 0
        #expect(abs(product.gathered(coordinate: [row, column]).scalar - expected) < 1e-6)
      }
    }
    #expect(Initializer.orthogonal.draw([7], using: &random) == .zeros([7]))
  }

  @Test("Orthogonal matrices are uniformly distributed: means, mean squares and signs of the determinant")
  mutating func orthogonalDistribution() {
    let draws = (0..<2000).map { _ in Initializer.orthogonal.draw([2, 2], using: &random).elements.doubles }
    for place in 0..<4 {
      #expect(abs(draws.map { $0[place] }.reduce(0, +) / 2000) < 0.06)
      #expect(abs(draws.map { $0[place] * $0[place] }.reduce(0, +) / 2000 - 0.5) < 0.04)
    }
    // Rotations and reflections are equally likely.
    let rotations = draws.count { $0[0] * $0[3] - $0[1] * $0[2] > 0 }
    #expect((900...1100).contains(rotations))
  }

  @Test("PyTorch's bound is 1 / √n for n columns, or for hidden size n of a recurrent layer, also for its biases")
  mutating func pyTorch() {
    func expect(_ value: Tensor, within bound: Float) {
      let elements = value.elements
      #expect(elements.allSatisfy { abs($0) <= bound } && elements.contains { $0 > 0.95 * bound })
      #expect(elements.contains { $0 < -0.95 * bound })
    }
    expect(Initializer.pyTorch.draw([40, 100], using: &random), within: 0.1)
    #expect(Initializer.pyTorch.draw([7], using: &random) == .zeros([7]))
    var configuration = LanguageModelConfiguration(
      vocabulary: 50, embedding: 16, layers: [.lstm(64), .gru(16)], output: .softmax(tied: true), initializer: .pyTorch)
    configuration.embeddingInitializer = .uniform(0.5)
    configuration.recurrentBiasInitializer = .pyTorch
    let model = LanguageModel(configuration, using: &random)
    for (name, value) in model.parameters {
      if name == "output.bias" {
        #expect(value == .zeros([50]))
      } else {
        expect(value, within: name.hasPrefix("recurrent.0") ? 0.125 : name.hasPrefix("recurrent.1") ? 0.25 : 0.5)
      }
    }
    expect(
      RecurrentLayer(.lstm(64), inputSize: 4, initializer: .pyTorch, using: &random).parameters[0].value, within: 0.125)
  }

  @Test("The zeros initializer returns zeros and draws no random numbers")
  mutating func zeros() {
    let before = random
    #expect(Initializer.zeros.draw([2, 3], using: &random) == .zeros([2, 3]) && random == before)
  }

  @Test(
    "Initializers are encoded with their kind, and uniform ones also with their bound",
    arguments: [
      (Initializer.uniform(0.25), #"{"bound":0.25,"kind":"uniform"}"#), (.glorotUniform, #"{"kind":"glorotUniform"}"#),
      (.orthogonal, #"{"kind":"orthogonal"}"#), (.pyTorch, #"{"kind":"pyTorch"}"#), (.zeros, #"{"kind":"zeros"}"#),
    ])
  func coding(initializer: Initializer, json: String) throws {
    #expect(try SafetensorsFile.encode(initializer) == json)
    #expect(try JSONDecoder().decode(Initializer.self, from: Data(json.utf8)) == initializer)
  }

  @Test("Decoding refuses an unknown kind, or a uniform initializer without a bound")
  func badCoding() {
    for json in [#"{"kind":"normal"}"#, #"{"kind":"uniform"}"#, "{}"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(Initializer.self, from: Data(json.utf8)) }
    }
  }

  @Test(
    "The default embedding size is the fourth root of the vocabulary size, rounded down",
    arguments: [(1, 1), (15, 1), (16, 2), (80, 2), (81, 3), (9_999, 9), (10_000, 10), (14_640, 10), (14_641, 11)])
  func defaultSize(vocabularySize: Int, size: Int) {
    #expect(Embedding.defaultSize(vocabularySize: vocabularySize) == size)
  }

  @Test("The default embedding initializer is uniform in ±1 / (2 · size): ±0.05 for size 10")
  func defaultInitializer() { #expect(Embedding.defaultInitializer(size: 10) == .uniform(0.05)) }
}
