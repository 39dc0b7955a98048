import Foundation
public import MynahText

/// A word that may be meant.
public struct Suggestion: Hashable, Sendable {
  /// The whole word, the letters that were typed included.
  public let text: String
  /// The probability of the word after the context, whatever was typed of it.
  public let probability: Double
}

/// Suggests how words that are being typed may end.
///
/// ```swift
/// var completer = Completer(NeuralPredictor(InferenceModel(file.model)), tokenizer: file.tokenizer)
/// try completer.read("the cat ")
/// for suggestion in try completer.suggestions(prefix: "s", count: 3) { print(suggestion.text) }
/// ```
///
/// The text is read once: a word moves the state on, a letter asks again what the state already says. A copy is a fork of the text.
public struct Completer: Sendable {
  private let tokenizer: AnyTokenizer
  private let search: any CompletionSearch
  private var predictor: any Predictor
  /// A space at the text's end that byte pairs join with the next word: it is read with it.
  private var separator = ""
  /// What the predictor says of the next token, kept while letters are typed.
  private var logProbabilities: [Double]?

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - predictor: What predicts; it has not begun a text.
  ///   - tokenizer: How texts become its tokens.
  /// - Precondition: the tokenizer has as many tokens as the predictor.
  public init(_ predictor: any Predictor, tokenizer: AnyTokenizer) throws {
    predictor.check(tokenizer)
    (self.predictor, self.tokenizer) = (predictor, tokenizer)
    search = tokenizer.isOfWholeWords ? WordSearch(tokenizer) : PieceSearch(tokenizer)
    try self.predictor.read([tokenizer.startID])
  }

  /// Goes on with a text that was begun.
  ///
  /// - Parameter predictor: What has read the text until here.
  /// - Precondition: the tokenizer has as many tokens as the predictor.
  public init(continuing predictor: any Predictor, tokenizer: AnyTokenizer) {
    predictor.check(tokenizer)
    (self.predictor, self.tokenizer) = (predictor, tokenizer)
    search = tokenizer.isOfWholeWords ? WordSearch(tokenizer) : PieceSearch(tokenizer)
  }

  /// Reads some of the text: whole words, with the white space behind them.
  ///
  /// - Returns: How many of its tokens the model does not know.
  /// - Throws: `TextError` if a token is unknown and the model has none for such; `InferenceError.notFinite`.
  @discardableResult
  public mutating func read(_ text: String) throws -> Int {
    let whole = separator + text
    // The last space alone: of several the last one is joined with the word behind.
    separator = if case .bytePair = tokenizer, whole.hasSuffix(" ") { " " } else { "" }
    let encoded = try tokenizer.encodePrompt(String(whole.dropLast(separator.count)))
    try predictor.read(encoded.ids)
    logProbabilities = nil
    return encoded.unknownCount
  }

  /// The most probable words that begin with some letters, most probable first.
  ///
  /// A model of whole words looks at all of them. One of characters, bytes or byte pairs follows the most probable beginnings, and a
  /// word ends before white space or a mark.
  ///
  /// - Parameters:
  ///   - prefix: What was typed of the word; may be empty.
  ///   - count: How many words to suggest at most.
  /// - Throws: `InferenceError.notFinite`.
  public mutating func suggestions(prefix: String, count: Int) throws -> [Suggestion] {
    guard count > 0 else { return [] }
    if logProbabilities == nil { logProbabilities = try predictor.logProbabilities() }
    return try search(
      predictor, logProbabilities ?? [], separator: Array(separator.utf8), prefix: Array(prefix.utf8), count: count)
  }
}

/// How words are found that begin with some letters.
protocol CompletionSearch: Sendable {
  /// - Parameters:
  ///   - predictor: What has read the text before the separator.
  ///   - logProbabilities: What it says of the next token.
  ///   - separator: What stands between that text and the word.
  ///   - prefix: The letters.
  func callAsFunction(
    _ predictor: any Predictor, _ logProbabilities: [Double], separator: [UInt8], prefix: [UInt8], count: Int
  ) throws -> [Suggestion]
}

extension AnyTokenizer {
  /// Whether each token is a whole word, so that white space is no token.
  var isOfWholeWords: Bool {
    switch self {
    case .word: true
    case .kerasWord: hasWords
    case .character, .bytes, .bytePair: false
    }
  }
}
