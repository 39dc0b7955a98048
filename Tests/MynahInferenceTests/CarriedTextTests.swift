import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

/// A text has the same tokens whether it is scored line by line, typed in pieces or read as a whole.
struct CarriedTextTests {
  private static let text =
    "def f(x):\n    if x:\n        return 1\n\n\n    else:\n        return x\nend\n\n \ndef g(x):\n    return 1\n"

  private static func tokenizers() throws -> [AnyTokenizer] {
    let learned = BytePairTokenizer(training: String(repeating: text, count: 3), vocabularySize: 290)
    let json = String(decoding: try JSONEncoder().encode(learned), as: UTF8.self)
      .replacing("\"addsLeadingSpace\":false", with: "\"addsLeadingSpace\":true")
    return [
      .bytePair(learned), .bytePair(try JSONDecoder().decode(BytePairTokenizer.self, from: Data(json.utf8))),
      .word(WordTokenizer(training: text, minimumCount: 1)), .character(CharacterTokenizer(training: text)),
      .bytes(ByteTokenizer()),
    ]
  }

  private static func model(_ tokenizer: AnyTokenizer) -> InferenceModel {
    var random = RandomSource(seed: 5)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(
          vocabulary: tokenizer.vocabulary.count, embedding: 4, layers: [.lstm(8)], initializer: .uniform(0.8)),
        using: &random))
  }

  @Test("Line scores add up to the loss of the whole text, and every line gets a score")
  func scores() throws {
    for tokenizer in try Self.tokenizers() {
      let model = Self.model(tokenizer)
      for policy in [StatePolicy.carry, .reset, .documents, .windows(length: 5)] {
        let report = try model.perplexity(of: Self.text, tokenizer: tokenizer, policy: policy)
        var scorer = TextScorer(model, tokenizer: tokenizer, policy: policy)
        let lines = Self.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let scores = try lines.flatMap { try scorer.append(String($0)) } + scorer.finish()
        #expect(scores.count == lines.count)
        #expect(scores.reduce(0) { $0 + $1.tokenCount } == report.loss.targetCount)
        #expect(
          abs(scores.reduce(0) { $0 + $1.logProbability } + report.loss.nats) < 1e-4, "\(tokenizer.kind), \(policy)")
      }
    }
  }

  @Test("A line's score is delayed while its end may still merge with the text that follows")
  func lateScores() throws {
    let tokenizer = try Self.tokenizers()[0]
    var scorer = TextScorer(Self.model(tokenizer), tokenizer: tokenizer)
    #expect(try scorer.append("def f(x):").isEmpty)
    #expect(try scorer.append("    if x:").count == 1)
    #expect(try scorer.append("").isEmpty && scorer.append("").isEmpty)
    #expect(try scorer.append("end").count == 3)
    #expect(try scorer.finish().count == 1)
    // After finish(), the scorer starts a new text.
    var other = TextScorer(Self.model(tokenizer), tokenizer: tokenizer)
    #expect(try scorer.append("def f(x):") + scorer.finish() == other.append("def f(x):") + other.finish())
  }

  @Test("Text typed in pieces gives the same suggestions as the whole text")
  func typedText() throws {
    for tokenizer in try Self.tokenizers() {
      let network = Self.model(tokenizer)
      var typed = try Completer(NeuralPredictor(network), tokenizer: tokenizer)
      var read = ""
      for piece in ["def f(x):\n", "    ", "if ", "x:\n", "\n", "\n    else:", "\n        ", "return "] {
        try typed.read(piece)
        read += piece
        var whole = try Completer(NeuralPredictor(network), tokenizer: tokenizer)
        try whole.read(read)
        let (found, expected) = try (
          typed.suggestions(prefix: "r", count: 3), whole.suggestions(prefix: "r", count: 3)
        )
        #expect(found.map(\.text) == expected.map(\.text), "\(tokenizer.kind): \(read.debugDescription)")
        #expect(zip(found, expected).allSatisfy { abs($0.probability - $1.probability) < 1e-6 })
      }
    }
  }

  @Test("White space before a word is merged as in the whole text")
  func spaceBeforeWords() throws {
    for tokenizer in try Self.tokenizers().prefix(2) {
      guard case .bytePair(let pairs) = tokenizer else {
        Issue.record("expected byte pairs, found \(tokenizer.kind)")
        continue
      }
      for space in [" ", "\n", "\n\n", "\n    ", "  ", "\n\n  \n"] {
        let (ids, rest) = try pairs.encodeSpace(space, beginsText: false)
        let whole = try pairs.encode("f" + space + "x").ids
        let before = try pairs.encode("f").ids
        let after = try pairs.encode(bytes: rest + [UInt8(ascii: "x")])
        #expect(whole == before + ids + (rest.isEmpty ? [whole[whole.count - 1]] : after), "\(space.debugDescription)")
      }
    }
  }
}
