#if Server
import MynahIO
import MynahInference
import MynahText

/// One of the texts of a completion as it is generated.
///
/// Tokens are held back together with their text, so that no part of a stop string is sent.
struct CompletionChoice {
  /// A token with its probability.
  struct Entry {
    let id: Int32
    var name: String
    let offset: Int
    let logProbability: Double?
    let alternatives: [(id: Int32, name: String, logProbability: Double)]?
    /// The byte offsets of the token's start and end in the text.
    let start, end: Int
  }

  /// The names of the next tokens; nil if no log-probabilities are returned.
  private var names: TokenNames?
  private let alternativeCount: Int
  private var held: [Entry] = []
  /// The numbers of bytes that have been decoded and that may be sent.
  private var decodedBytes = 0, shownBytes = 0
  /// The number of Unicode scalars of the text so far, held-back text included.
  private var offset = 0
  /// The text and the tokens that have not been written yet.
  private var text = ""
  private var entries: [Entry] = []
  private(set) var tokenCount = 0
  private(set) var logProbability = 0.0
  private(set) var end: GenerationEnd?
  /// The id of the state after the text.
  var state: String?

  /// - Parameters:
  ///   - names: The names of tokens at the beginning of the prompt if it is echoed, else at its end; nil if no
  ///     log-probabilities are returned.
  ///   - alternativeCount: The number of alternatives for each token.
  init(names: TokenNames?, alternativeCount: Int) { (self.names, self.alternativeCount) = (names, alternativeCount) }

  /// Adds the text of the prompt, and its tokens if they were scored.
  mutating func echo(_ prompt: String, _ ids: [Int32], _ predictions: [TokenPrediction?]?) {
    text += prompt
    guard names != nil, let predictions else {
      offset += prompt.unicodeScalars.count
      return
    }
    for (index, (id, prediction)) in zip(ids, predictions).enumerated() {
      // In OpenAI's API, the first token has no log-probability.
      let shown = index == 0 ? nil : prediction
      add(id, shown?.logProbability, shown?.alternatives)
    }
    entries += held
    (held, shownBytes) = ([], decodedBytes)
  }

  /// Adds a token.
  mutating func add(_ piece: GenerationBatch.Piece) {
    tokenCount += 1
    logProbability += piece.logProbability ?? 0
    text += piece.addition
    end = piece.end
    guard names != nil else { return }
    add(piece.id, piece.logProbability, piece.alternatives)
    shownBytes += piece.addition.utf8.count
    release()
    if end != nil {
      cutAtStop()
      entries += held
      held = []
    }
  }

  /// Ends the text without a token.
  mutating func finish() { end = .length }

  /// Drops the tokens of a stop string, and truncates a token within which the stop string begins.
  private mutating func cutAtStop() {
    guard case .stopString? = end else { return }
    held = held.filter { $0.start < shownBytes }.map { entry in
      guard entry.end > shownBytes else { return entry }
      var entry = entry
      entry.name = String(decoding: Array(entry.name.utf8.prefix(shownBytes - entry.start)), as: UTF8.self)
      return entry
    }
  }

  private mutating func add(_ id: Int32, _ logProbability: Double?, _ alternatives: [TokenPrediction.Alternative]?) {
    guard var names else { return }
    defer { self.names = names }
    var shown = alternatives.map { $0.map { ($0.id, names.name(of: $0.id), $0.logProbability) } }
    let (name, text) = names.append(id)
    // The token itself is always listed.
    if let logProbability, let listed = shown, !listed.contains(where: { $0.0 == id }) {
      shown = listed + [(id, name, logProbability)]
    }
    let start = decodedBytes
    decodedBytes += text.utf8.count
    // Bytes of an incomplete character belong to the text that completes it, and are held back with it.
    let end = text.isEmpty ? start + 1 : decodedBytes
    held.append(
      Entry(
        id: id, name: name, offset: offset, logProbability: logProbability, alternatives: shown, start: start, end: end)
    )
    offset += text.unicodeScalars.count
  }

  /// Releases the tokens whose text may be sent.
  private mutating func release() {
    let count = held.firstIndex { $0.end > shownBytes } ?? held.count
    entries += held.prefix(count)
    held.removeFirst(count)
  }

  /// A Boolean value indicating whether there is something to send: text, tokens or the end.
  var hasNews: Bool { !text.isEmpty || !entries.isEmpty || end != nil }

  /// Writes the text and the tokens since the last call as an element of `choices`.
  mutating func write(_ index: Int, to json: inout JSONText) {
    json.raw("{\"text\":")
    json.string(text)
    json.raw(",\"index\":\(index),\"logprobs\":")
    if names != nil { writeEntries(to: &json) } else { json.raw("null") }
    json.raw(",\"finish_reason\":")
    switch end {
    case nil: json.raw("null")
    case .length: json.raw("\"length\"")
    case .stopString, .stopToken: json.raw("\"stop\"")
    }
    if let state {
      json.raw(",\"state\":")
      json.string(state)
    }
    json.raw("}")
    (text, entries) = ("", [])
  }

  private func writeEntries(to json: inout JSONText) {
    json.raw("{\"tokens\":")
    json.array(entries) { $0.string($1.name) }
    json.raw(",\"token_logprobs\":")
    json.array(entries) { $0.number($1.logProbability) }
    json.raw(",\"top_logprobs\":")
    json.array(entries) { json, entry in Self.writeTop(entry, to: &json) }
    json.raw(",\"text_offset\":")
    json.array(entries) { $0.raw("\($1.offset)") }
    json.raw(",\"token_ids\":")
    json.array(entries) { $0.raw("\($1.id)") }
    json.raw(",\"alternatives\":")
    json.array(entries) { json, entry in
      guard let alternatives = entry.alternatives else { return json.raw("null") }
      json.array(alternatives) { json, alternative in
        json.raw("{\"id\":\(alternative.id),\"token\":")
        json.string(alternative.name)
        json.raw(",\"logprob\":")
        json.number(alternative.logProbability)
        json.raw("}")
      }
    }
    json.raw("}")
  }

  /// Writes the alternatives as an object with their names as keys, each name once.
  private static func writeTop(_ entry: Entry, to json: inout JSONText) {
    guard let alternatives = entry.alternatives else { return json.raw("null") }
    var names: Set<[UInt8]> = []
    let listed = alternatives.filter { names.insert(Array($0.name.utf8)).inserted }
    json.object(listed) { json, alternative in
      json.string(alternative.name)
      json.raw(":")
      json.number(alternative.logProbability)
    }
  }
}
#endif
