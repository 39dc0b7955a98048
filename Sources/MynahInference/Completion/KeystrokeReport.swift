/// The number of keystrokes that a text needs if its words are suggested while they are typed.
///
/// A word is typed letter by letter until it is among the suggestions; then one key accepts it with the following space
/// or line end. A word that is never suggested needs a key for each letter and one for the space or line end: as many
/// as without suggestions.
public struct KeystrokeReport: Hashable, Sendable {
  /// The number of words.
  public private(set) var wordCount = 0
  /// The number of words that were accepted from the suggestions before their last letter was typed.
  public private(set) var takenCount = 0
  /// The number of keystrokes with suggestions and without them.
  public private(set) var keyCount = 0, plainKeyCount = 0
  /// The time taken to compute the suggestions at each keystroke.
  public private(set) var waits: [Duration] = []

  /// The share of keystrokes that was saved; NaN if there were none.
  public var savedShare: Double { 1 - Double(keyCount) / Double(plainKeyCount) }

  /// Creates an empty report.
  public init() {}

  /// Types a line, whose words are separated by spaces, and its end.
  ///
  /// - Parameter suggestionCount: The number of suggestions that are shown.
  /// - Throws: The errors of `Completer`.
  public mutating func type(_ line: some StringProtocol, _ completer: inout Completer, suggestionCount: Int) throws {
    let words = line.split(separator: " ")
    if words.isEmpty { try completer.read("\n") }
    for (index, word) in words.enumerated() {
      let end = index + 1 < words.count ? " " : "\n"
      try type(String(word), end, &completer, suggestionCount)
    }
  }

  private mutating func type(_ word: String, _ end: String, _ completer: inout Completer, _ count: Int) throws {
    var typed = ""
    var isTaken = false
    for letter in word {
      let start = ContinuousClock.now
      let suggestions = try completer.suggestions(prefix: typed, count: count)
      waits.append(ContinuousClock.now - start)
      isTaken = suggestions.contains { $0.text.utf8.elementsEqual(word.utf8) }
      if isTaken { break }
      typed.append(letter)
    }
    wordCount += 1
    takenCount += isTaken ? 1 : 0
    keyCount += typed.count + 1
    plainKeyCount += word.count + 1
    try completer.read(word + end)
  }
}
