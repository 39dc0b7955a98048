public import MynahText

/// An n-gram model that reads a text in the tokens of another model.
///
/// A line end is a sentence's end, `</s>`, and what follows is a new sentence.
public struct NGramPredictor: Predictor {
  private let model: NGramModel
  /// The model's word for each token.
  private let words: [Int32]
  private let lineEndID: Int32?
  private var context: NGramModel.Context

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - model: The n-grams.
  ///   - tokenizer: The tokenizer of the text.
  ///   - path: The name of the n-gram model in errors.
  /// - Throws: `InferenceError.vocabulariesDiffer` if the tokens are not the words of the n-grams.
  public init(_ model: NGramModel, tokenizer: AnyTokenizer, path: String = "the n-gram model") throws(InferenceError) {
    let vocabulary = tokenizer.vocabulary
    lineEndID = tokenizer.endOfSentenceID
    var (words, missing) = ([Int32](), [String]())
    for id in 0..<Int32(vocabulary.count) {
      let text =
        switch id {
        case lineEndID: NGramModel.sentenceEnd
        case vocabulary.unknownID: Vocabulary.unknown
        default: vocabulary[id]
        }
      if let word = model.vocabulary.id(of: text) { words.append(word) } else { missing.append(text) }
    }
    let own = Set(
      [NGramModel.sentenceStart, NGramModel.sentenceEnd, Vocabulary.unknown].compactMap { model.vocabulary.id(of: $0) })
    let others = Set(0..<Int32(model.vocabulary.count)).subtracting(words).subtracting(own)
    guard missing.isEmpty && others.isEmpty else {
      throw .vocabulariesDiffer(
        path: path, missingCount: missing.count, otherCount: others.count,
        example: missing.first ?? others.min().map { model.vocabulary[$0] } ?? "")
    }
    (self.model, self.words) = (model, words)
    context = model.start
  }

  public var vocabularySize: Int { words.count }

  public mutating func read(_ ids: [Int32]) throws {
    for id in ids { read(id) }
  }

  private mutating func read(_ id: Int32) {
    context = id == lineEndID ? model.start : model.context(context, reading: words[Int(id)])
  }

  public mutating func logProbabilities() throws -> [Double] {
    words.map { Double(model.logProbability(of: $0, after: context)) }
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    ids.map { id in
      let logProbability = Double(model.logProbability(of: words[Int(id)], after: context))
      read(id)
      return logProbability
    }
  }
}
