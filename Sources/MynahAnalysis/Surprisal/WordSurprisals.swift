import MynahIO
public import MynahInference
import MynahModels
public import MynahText

/// Reads a text line by line and returns the surprisal of each word.
///
/// ```swift
/// var words = WordSurprisals(InferenceModel(file.model), tokenizer: file.tokenizer)
/// for entry in try words.append("the cat sat", number: 1) { print(entry.word?.text ?? "line end", entry.bits) }
/// ```
public struct WordSurprisals: Sendable {
  private let tokenizer: AnyTokenizer
  private let policy: StatePolicy
  /// The boundaries; nil for tokens that imply the blanks between words.
  private let boundaries: WordBoundaries?
  private var text: TextTokens
  private var aligner: WordAligner
  private var reader: SurprisalReader
  private var last: Int32?
  private var open: Part?

  /// A word, a line end, or white space that belongs to the next of these, with the tokens so far.
  fileprivate struct Part {
    var word: TextWord?
    var surprisal: WordSurprisal
    /// ln P(a boundary precedes).
    let before: Double
    var isLineEnd = false
    /// False if one of the tokens is context only, and has no probability.
    var isPredicted = true
  }

  /// Creates a reader at the beginning of a text.
  ///
  /// - Parameter policy: The positions at which the state is reset; the default is that of stimuli, which are
  ///   independent of each other.
  /// - Precondition: the vocabulary of the tokenizer has the size of the model's vocabulary.
  public init(_ model: InferenceModel, tokenizer: AnyTokenizer, policy: StatePolicy = .reset) {
    require(
      tokenizer.vocabulary.count == model.configuration.vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of "
        + "\(model.configuration.vocabularySize)")
    (self.tokenizer, self.policy, boundaries) = (tokenizer, policy, WordBoundaries(tokenizer))
    (text, aligner) = (TextTokens(tokenizer, policy: policy), WordAligner(tokenizer))
    reader = SurprisalReader(model, alternativeCount: 0)
  }

  /// Appends a line and returns the words and line ends that are complete, in their order.
  ///
  /// With `StatePolicy.reset`, this completes the line. A word is omitted if one of its tokens is only context,
  /// because the vocabulary has no line end that could precede the text, or if the tokenizer drops the word.
  ///
  /// - Throws: `TextError` for an unknown token without `<unk>`, `AnalysisError.wordsNotFound` if the tokens do not
  ///   spell the text, `InferenceError.notFinite`.
  public mutating func append(_ line: String, number: Int, isEnded: Bool = true) throws -> [WordSurprisal] {
    let tokens = try text.append(line, number: number, isEnded: isEnded)
    try aligner.append(line, number: number, isEnded: isEnded)
    var found = try add(tokens)
    if case .reset = policy { found += close(after: boundary) }
    return found
  }

  /// Ends the text and returns its last words.
  ///
  /// - Throws: as `append` does.
  public mutating func finish() throws -> [WordSurprisal] {
    let found = try add(text.finish())
    return found + close(after: boundary)
  }

  // MARK: Tokens

  private mutating func add(_ tokens: [TextToken]) throws -> [WordSurprisal] {
    var found: [WordSurprisal] = []
    for token in tokens {
      let (word, begins) = (try aligner.word(of: token), beginsText(token))
      // Within a text, the boundary before the next token is predicted by the same state as the token itself.
      if !begins { try reader.begin(before: token) }
      let boundary = boundary
      if let part = open, begins || !part.continues(with: word) { found += close(after: boundary) }
      if open == nil { open = Part(word, line: token.line, before: begins ? 0 : boundary) }
      let surprisal = try reader.read(begins ? token : TextToken(id: token.id, line: token.line))
      last = token.id
      if word != nil { open?.word = word }
      let (isUnknown, isLineEnd) = (token.id == tokenizer.unknownTokenID, word == nil && isLineEnd(token.id))
      open?.add(token.id, surprisal, isUnknown: isUnknown)
      if isLineEnd { open?.isLineEnd = true }
      // Nothing can follow in the same word.
      if word != nil, boundaries?.isComplete(after: token.id) == true { found += close(after: 0) }
    }
    return found
  }

  /// ln P(a boundary follows the tokens so far).
  private var boundary: Double {
    guard let boundaries, let last, !boundaries.isComplete(after: last), let next = reader.next else { return 0 }
    return boundaries.logProbability(next)
  }

  private func beginsText(_ token: TextToken) -> Bool {
    switch token.beginning {
    case .ofNothing: true
    // A window starts after another token, in the middle of a text.
    case .after(let id): id == tokenizer.textStartID
    case nil: false
    }
  }

  private func isLineEnd(_ id: Int32) -> Bool {
    id == tokenizer.endOfSentenceID || tokenizer.decoder().bytes(of: id).contains(UInt8(ascii: "\n"))
  }

  /// Closes the open part, and returns it unless it has no probability.
  private mutating func close(after: Double) -> [WordSurprisal] {
    guard let part = open else { return [] }
    open = nil
    guard part.isPredicted else { return [] }
    return [part.surprisal(after: after)]
  }
}

extension WordSurprisals.Part {
  fileprivate init(_ word: TextWord?, line: Int, before: Double) {
    self.word = word
    self.before = before
    surprisal = WordSurprisal(
      word: word, line: line, ids: [], logProbability: 0, tokenLogProbability: 0, isUnknown: false)
  }

  /// Returns a Boolean value indicating whether the next token belongs to the part, given the token's word.
  fileprivate func continues(with word: TextWord?) -> Bool {
    // White space belongs to what follows it, up to a line end.
    if self.word == nil { !isLineEnd } else { word == self.word }
  }

  fileprivate mutating func add(_ id: Int32, _ token: TokenSurprisal?, isUnknown: Bool) {
    surprisal.ids.append(id)
    surprisal.tokenLogProbability += token?.logProbability ?? 0
    if isUnknown { surprisal.isUnknown = true }
    if token == nil { isPredicted = false }
  }

  /// The surprisal, given ln P(a boundary follows).
  fileprivate func surprisal(after: Double) -> WordSurprisal {
    WordSurprisal(
      word: word, line: word?.line ?? surprisal.line, ids: surprisal.ids,
      logProbability: surprisal.tokenLogProbability + after - before,
      tokenLogProbability: surprisal.tokenLogProbability, isUnknown: surprisal.isUnknown)
  }
}
