import Foundation
public import MynahText

/// A suggested completion of the word being typed.
public struct Suggestion: Hashable, Sendable {
  /// The whole word, including the typed letters.
  public let text: String
  /// The probability of the word after the context, independent of the typed letters.
  public let probability: Double
}

/// A completer that suggests words while they are being typed.
///
/// ```swift
/// var completer = try Completer(NeuralPredictor(InferenceModel(file.model)), tokenizer: file.tokenizer)
/// try completer.read("the cat ")
/// for suggestion in try completer.suggestions(prefix: "s", count: 3) { print(suggestion.text) }
/// ```
///
/// If case is ignored, a suggestion has the case of the typed letters and starts with a capital at the beginning of a
/// sentence. With a word tokenizer, a word that is in the vocabulary only in lowercase is then read in lowercase.
///
/// The text is read only once: each word advances the state, and each typed letter searches the predictions of the
/// current state again. A copy is a fork of the text.
public struct Completer: Sendable {
  private let tokenizer: AnyTokenizer
  private let search: any CompletionSearch
  /// The predictor at the beginning of a text.
  private var beginning: (any Predictor)?
  private let ignoresCase: Bool
  private var predictor: any Predictor
  private var text: WrittenText
  private var sentence: SentencePosition
  /// A Boolean value indicating whether part of the text has been read, so that no space is added before the next
  /// piece.
  private var isContinuation: Bool
  /// The white space at the end of the text, which a byte-pair tokenizer may join with the following word.
  private var held = ""
  /// The predictor before the next word, the bytes that separate it from the word, and its predictions, kept while
  /// letters are typed.
  private var next: (predictor: any Predictor, separator: [UInt8], logProbabilities: [Double])?

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - predictor: A predictor that has not begun a text.
  ///   - tokenizer: The model's tokenizer.
  ///   - policy: The positions at which the state is reset; windows do not apply to typed text.
  ///   - ignoresCase: A Boolean value indicating whether the case of letters is ignored.
  /// - Throws: `InferenceError.noCompletion` if the tokens are pieces of words of a `tokenizer.json`;
  ///   `InferenceError.notFinite`.
  /// - Precondition: the tokenizer has as many tokens as the predictor.
  public init(
    _ predictor: any Predictor, tokenizer: AnyTokenizer, policy: StatePolicy = .carry, ignoresCase: Bool = false
  ) throws {
    var beginning = predictor
    try beginning.read([tokenizer.startID])
    try self.init(beginning, beginning, tokenizer, policy, isContinuation: false, ignoresCase: ignoresCase)
  }

  /// Continues a text, whose state is carried.
  ///
  /// - Parameters:
  ///   - predictor: The predictor that has read the text so far.
  ///   - tokenizer: The model's tokenizer.
  ///   - ignoresCase: A Boolean value indicating whether the case of letters is ignored.
  /// - Throws: `InferenceError.noCompletion` if the tokens are pieces of words of a `tokenizer.json`.
  /// - Precondition: the tokenizer has as many tokens as the predictor.
  public init(
    continuing predictor: any Predictor, tokenizer: AnyTokenizer, ignoresCase: Bool = false
  ) throws(InferenceError) {
    try self.init(predictor, nil, tokenizer, .carry, isContinuation: true, ignoresCase: ignoresCase)
  }

  private init(
    _ predictor: any Predictor, _ beginning: (any Predictor)?, _ tokenizer: AnyTokenizer, _ policy: StatePolicy,
    isContinuation: Bool, ignoresCase: Bool
  ) throws(InferenceError) {
    if case .huggingFace(let tokenizer) = tokenizer, !tokenizer.isOfWholeWords { throw .noCompletion }
    predictor.check(tokenizer)
    (self.predictor, self.beginning, self.tokenizer) = (predictor, beginning, tokenizer)
    (text, self.isContinuation, self.ignoresCase) = (WrittenText(policy), isContinuation, ignoresCase)
    sentence = SentencePosition(isBeginning: !isContinuation)
    search =
      tokenizer.isOfWholeWords
      ? WordSearch(tokenizer, ignoresCase: ignoresCase) : PieceSearch(tokenizer, ignoresCase: ignoresCase)
  }

  /// Returns a completer with the same tokens that continues another text, whose state is carried.
  ///
  /// - Parameter predictor: A predictor of the same model that has read the text so far.
  package func continuing(_ predictor: any Predictor) -> Completer {
    var copy = self
    (copy.predictor, copy.beginning, copy.next, copy.held) = (predictor, nil, nil, "")
    (copy.text, copy.isContinuation) = (WrittenText(.carry), true)
    copy.sentence = SentencePosition(isBeginning: false)
    return copy
  }

  /// Reads some of the text: whole words, with the white space that follows them.
  ///
  /// - Returns: The number of tokens that are not in the vocabulary.
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`; `InferenceError.notFinite`.
  @discardableResult
  public mutating func read(_ piece: String) throws -> Int {
    next = nil
    sentence.read(piece)
    let (tail, isReset) = text.appendingTail(of: piece)
    if isReset, let beginning { (predictor, held, isContinuation) = (beginning, "", false) }
    let whole = held + String(tail)
    let end =
      holdsSpace
      ? whole.lastIndex { !$0.isWhitespace }.map { whole.index(after: $0) } ?? whole.startIndex : whole.endIndex
    held = String(whole[end...])
    guard end > whole.startIndex else { return 0 }
    let known = knownCase(String(whole[..<end]))
    let encoded = try tokenizer.encode(known, beginsText: !isContinuation, endsText: false)
    try predictor.read(encoded.ids)
    isContinuation = true
    return encoded.unknownCount
  }

  /// Returns a text in which words that are in the vocabulary only in lowercase are lowercased, if case is ignored.
  private func knownCase(_ text: String) -> String {
    guard ignoresCase, case .word(let tokenizer) = tokenizer else { return text }
    var (result, word) = ("", "")
    func endWord() {
      let lower = word.lowercased()
      let isKnown = tokenizer.vocabulary.id(of: word) != nil || tokenizer.vocabulary.id(of: lower) == nil
      result += isKnown ? word : lower
      word = ""
    }
    for character in text {
      if character.isWhitespace {
        endWord()
        result.append(character)
      } else {
        word.append(character)
      }
    }
    endWord()
    return result
  }

  /// A Boolean value indicating whether the tokenizer may join white space with the following word.
  private var holdsSpace: Bool { if case .bytePair = tokenizer { true } else { false } }

  /// Returns the most probable words that begin with the given letters, most probable first.
  ///
  /// A model of whole words compares all words. A model of characters, bytes or byte pairs extends the most probable
  /// beginnings by beam search; a word ends before white space or punctuation.
  ///
  /// - Parameters:
  ///   - prefix: The typed letters of the word; may be empty.
  ///   - count: The maximum number of words to suggest.
  /// - Throws: `InferenceError.notFinite`.
  public mutating func suggestions(prefix: String, count: Int) throws -> [Suggestion] {
    guard count > 0 else { return [] }
    let next = try next ?? beforeWord()
    self.next = next
    let find = { [search] (count: Int) in
      try search(
        next.predictor, next.logProbabilities, separator: next.separator, prefix: Array(prefix.utf8), count: count)
    }
    guard ignoresCase else { return try find(count) }
    // Words that differ only in case may become the same suggestion.
    let typed = TypedCase(prefix: prefix, beginsSentence: sentence.isBeginning)
    let words = try find(2 * count).reduce(into: [String: Double]()) {
      $0[typed($1.text), default: 0] += $1.probability
    }
    return Array(
      words.map { Suggestion(text: $0.key, probability: $0.value) }
        .sorted { $0.probability != $1.probability ? $0.probability > $1.probability : $0.text < $1.text }
        .prefix(count))
  }

  /// Reads the white space before a word, except the part that is joined with the word.
  private func beforeWord() throws -> (predictor: any Predictor, separator: [UInt8], logProbabilities: [Double]) {
    var predictor = predictor
    guard case .bytePair(let tokenizer) = tokenizer else { return (predictor, [], try predictor.logProbabilities()) }
    let putsSpace = held.isEmpty && !isContinuation && tokenizer.addsLeadingSpace
    let space = try tokenizer.encodeSpace(putsSpace ? " " : held, beginsText: !isContinuation)
    try predictor.read(space.ids)
    return (predictor, space.rest, try predictor.logProbabilities())
  }
}

/// A search for the words that begin with some letters.
protocol CompletionSearch: Sendable {
  /// - Parameters:
  ///   - predictor: The predictor that has read the text before the separator.
  ///   - logProbabilities: Its predictions of the next token.
  ///   - separator: The bytes between that text and the word.
  ///   - prefix: The letters.
  func callAsFunction(
    _ predictor: any Predictor, _ logProbabilities: [Double], separator: [UInt8], prefix: [UInt8], count: Int
  ) throws -> [Suggestion]
}

extension AnyTokenizer {
  /// A Boolean value indicating whether each token is a whole word, so that white space is not a token.
  var isOfWholeWords: Bool {
    switch self {
    case .word, .wordsAndPunctuation: true
    case .kerasWord: hasWords
    case .huggingFace(let tokenizer): tokenizer.isOfWholeWords
    case .character, .bytes, .bytePair: false
    }
  }
}
