import Foundation
public import MynahText

/// An n-gram model that reads a text in the tokens of another model.
///
/// A line end is read as `</s>`, and a new sentence begins after it. The two vocabularies may differ:
///
/// - A word that only the n-gram model has is `<unk>` to the tokenizer, so its probability is added to that of `<unk>`.
/// - A word that only the tokenizer has is an error, unless such words are mapped to `<unk>`. Then they and the
///   tokenizer's `<unk>` get equal shares of the n-gram model's p(`<unk>`), and are read as `<unk>`.
/// - If the n-gram model lacks `<unk>`, tokens that would be read as `<unk>` have probability 0, and the next word has
///   no context.
///
/// The probabilities of all tokens therefore add up to 1, as in the n-gram model, if the tokenizer has `<unk>` or all
/// words of the n-gram model.
public struct NGramPredictor: Predictor {
  /// The tokenizer's words that the n-gram model lacks.
  public let mappedWords: [String]
  /// The number of the n-gram model's words that the tokenizer lacks.
  public let otherWordCount: Int
  /// A Boolean value indicating whether the n-gram model has `<unk>`.
  public var hasUnknown: Bool { unknownWord >= 0 }

  private let model: NGramModel
  /// The n-gram model's word for each token; −1 if there is none.
  private let words: [Int32]
  private let lineEndID, unknownID: Int32?
  /// The n-gram model's `<unk>`; −1 if it has none.
  private let unknownWord: Int32
  /// ln of the number of tokens that share p(`<unk>`).
  private let logShareCount: Double
  /// The summed probabilities of the words that are `<unk>` only for the tokenizer; nil if there are none.
  private let otherWords: NGramSums?
  private var context: NGramModel.Context

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - model: The n-gram model.
  ///   - tokenizer: The tokenizer of the text.
  ///   - path: The name of the n-gram model in errors.
  ///   - mapsUnknownWords: A Boolean value indicating whether the tokenizer's words that the n-gram model lacks are
  ///     mapped to `<unk>`.
  /// - Throws: `InferenceError.wordsMissing` if the n-gram model lacks words that are not mapped, `noSentenceEnd` if it
  ///   lacks `</s>` and line ends are tokens.
  public init(
    _ model: NGramModel, tokenizer: AnyTokenizer, path: String = "n-grams", mapsUnknownWords: Bool = false
  ) throws(InferenceError) {
    let vocabulary = tokenizer.vocabulary
    (lineEndID, unknownID) = (tokenizer.endOfSentenceID, vocabulary.unknownID)
    unknownWord = model.vocabulary.id(of: Vocabulary.unknown) ?? -1
    let (words, missing) = Self.words(of: tokenizer, in: model, unknownWord: unknownWord)
    if let lineEndID, words[Int(lineEndID)] < 0 { throw .noSentenceEnd(path: path) }
    if let example = missing.first, !mapsUnknownWords {
      throw .wordsMissing(path: path, count: missing.count, example: example)
    }
    let own = [NGramModel.sentenceStart, NGramModel.sentenceEnd, Vocabulary.unknown].compactMap {
      model.vocabulary.id(of: $0)
    }
    let others = Set(0..<Int32(model.vocabulary.count)).subtracting(words).subtracting(own)
    (self.model, self.words, mappedWords, otherWordCount) = (model, words, missing, others.count)
    logShareCount = log(Double(max(1, missing.count + (unknownID == nil ? 0 : 1))))
    otherWords = others.isEmpty || unknownID == nil ? nil : NGramSums(of: others, in: model)
    context = model.start
  }

  /// Returns the n-gram model's word for each token, and the tokens without a word of their own.
  private static func words(
    of tokenizer: AnyTokenizer, in model: NGramModel, unknownWord: Int32
  ) -> (words: [Int32], missing: [String]) {
    let vocabulary = tokenizer.vocabulary
    var (words, missing) = ([Int32](), [String]())
    for id in 0..<Int32(vocabulary.count) {
      let text = vocabulary[id]
      switch id {
      case tokenizer.endOfSentenceID: words.append(model.vocabulary.id(of: NGramModel.sentenceEnd) ?? -1)
      case vocabulary.unknownID: words.append(unknownWord)
      // Padding, and a token that is repeated later, occur in no text.
      case _ where id == vocabulary.paddingID || vocabulary.id(of: text) != id: words.append(-1)
      default:
        let word = model.vocabulary.id(of: text)
        words.append(word ?? unknownWord)
        if word == nil { missing.append(text) }
      }
    }
    return (words, missing)
  }

  public var vocabularySize: Int { words.count }

  public mutating func read(_ ids: [Int32]) throws {
    try check(ids)
    for id in ids { read(id) }
  }

  private mutating func read(_ id: Int32) {
    context = id == lineEndID ? model.start : model.context(context, reading: words[Int(id)])
  }

  public mutating func logProbabilities() throws -> [Double] {
    (0..<Int32(words.count)).map(logProbability)
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try check(ids)
    return ids.map { id in
      let result = logProbability(of: id)
      read(id)
      return result
    }
  }

  private func logProbability(of id: Int32) -> Double {
    let word = words[Int(id)]
    var result = Double(model.logProbability(of: word, after: context))
    if word == unknownWord { result -= logShareCount }
    if id == unknownID, let otherWords { result = log(exp(result) + otherWords.sum(after: context.longest)) }
    return result
  }
}
