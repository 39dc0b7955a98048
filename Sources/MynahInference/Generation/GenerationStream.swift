import MynahIO
import MynahModels
public import MynahTensors
public import MynahText

/// A text that a `GenerationBatch` continues: its options, its random source, and the history of its tokens that
/// sampling and decoding use.
public struct GenerationStream: Sendable {
  let options: GenerationOptions
  let sampler: Sampler
  private let startID: Int32
  private var decoder: TokenDecoder
  private var stops: StopStrings
  /// The last tokens that the sampler's steps use.
  private var recent: [Int32]
  /// The number of occurrences of each generated token, if the sampler uses it.
  private var counts: [Int32: Int] = [:]
  /// The text, which determines when the state is reset.
  private var text: WrittenText
  /// The number of generated tokens.
  private(set) var position = 0
  /// The random source.
  public var random: RandomSource

  /// Creates a stream after a prompt.
  ///
  /// - Parameters:
  ///   - prompt: The prompt, which is not returned.
  ///   - promptIDs: Its tokens.
  ///   - options: The sampler and the conditions that end the text.
  ///   - random: The random source.
  /// - Throws: `InferenceError.noSuchToken` for a stop token that is not in the vocabulary.
  public init(
    after prompt: String, _ promptIDs: [Int32], tokenizer: AnyTokenizer, options: GenerationOptions,
    random: RandomSource
  ) throws(InferenceError) {
    var text = WrittenText(options.statePolicy ?? .carry)
    _ = text.append(prompt)
    try self.init(after: prompt, promptIDs, text, tokenizer: tokenizer, options: options, random: random)
  }

  init(
    after prompt: String, _ promptIDs: [Int32], _ text: WrittenText, tokenizer: AnyTokenizer,
    options: GenerationOptions, random: RandomSource
  ) throws(InferenceError) {
    let vocabulary = tokenizer.vocabulary
    try InferenceError.check(options.stopTokens.sorted(), vocabularySize: vocabulary.count)
    let textless = Set(vocabulary.textlessIDs)
    let forbidden = textless.count < vocabulary.count ? textless : []
    (self.options, self.text, self.random, startID) = (options, text, random, tokenizer.startID)
    sampler = Sampler((forbidden.isEmpty ? [] : [ForbiddenTokens(forbidden)]) + options.sampler.steps)
    decoder = tokenizer.decoder()
    decoder.begin(after: prompt, promptIDs)
    stops = StopStrings(options.stopStrings)
    recent = promptIDs
    trim()
  }

  /// The position at which the next token is drawn.
  var place: SamplingPlace { SamplingPlace(position: position, recentTokens: recent, counts: counts) }

  /// Appends a token and returns the text to output, the reason if the text ends, the token that the network reads
  /// next, and whether the state is reset.
  ///
  /// If the state is reset, the next token is the one that begins a text.
  mutating func write(_ id: Int32) -> (addition: String, end: GenerationEnd?, next: Int32, isReset: Bool) {
    position += 1
    recent.append(id)
    trim()
    if sampler.usesCounts { counts[id, default: 0] += 1 }
    if options.stopTokens.contains(id) { return (rest(), .stopToken(id), id, false) }
    let piece = decoder.decode(id)
    let isReset = text.append(piece)
    var addition = stops.pass(piece)
    var end = stops.found.map { GenerationEnd.stopString($0) }
    if end == nil && position >= options.length {
      addition += rest()
      end = stops.found.map { .stopString($0) } ?? .length
    }
    return (addition, end, isReset ? startID : id, isReset)
  }

  /// Returns the text that is held back.
  private mutating func rest() -> String { stops.pass(decoder.finish()) + (stops.found == nil ? stops.finish() : "") }

  /// Drops tokens that no step uses, so that memory does not grow with the text.
  private mutating func trim() {
    if recent.count > sampler.reach { recent.removeFirst(recent.count - sampler.reach) }
  }
}
