import MynahInference

/// A session in which a text is typed with suggestions, independent of the terminal.
///
/// Each completed word advances the model's state. The states before recent words are kept, so that the words can be
/// deleted.
struct TypingSession {
  /// A key by its effect.
  enum Key: Equatable {
    case letter(Character)
    case backspace
    /// Accepts a suggestion, by its index.
    case take(Int)
    case lineEnd
  }

  /// The maximum number of words that can be deleted.
  private static let maximumDepth = 1000

  private let count: Int
  private var completer: Completer
  /// The preceding words, each with its separator and the state before it.
  private var past: [(text: String, before: Completer)] = []
  /// The letters of the word that is being typed.
  private(set) var prefix = ""
  private(set) var suggestions: [Suggestion] = []

  init(_ completer: Completer, count: Int) throws {
    (self.completer, self.count) = (completer, count)
    try suggest()
  }

  /// The line that is being typed.
  var line: String {
    let text = past.map { $0.text }.joined()
    let start = text.lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
    return text[start...] + prefix
  }

  /// Applies a key.
  mutating func press(_ key: Key) throws {
    switch key {
    case .letter(" "): try end(prefix, with: " ")
    case .letter(let letter): prefix.append(letter)
    case .lineEnd: try end(prefix, with: "\n")
    case .take(let index):
      guard suggestions.indices.contains(index) else { return }
      try end(suggestions[index].text, with: " ")
    case .backspace: goBack()
    }
    try suggest()
  }

  /// Ends a word.
  private mutating func end(_ word: String, with separator: String) throws {
    let before = completer
    try completer.read(word + separator)
    past.append((word + separator, before))
    if past.count > Self.maximumDepth { past.removeFirst() }
    prefix = ""
  }

  /// Deletes the last letter; at the beginning of a word the space before it, so that the word before it can be edited.
  private mutating func goBack() {
    if !prefix.isEmpty {
      prefix.removeLast()
    } else if let last = past.last, last.text.last != "\n" {
      completer = last.before
      prefix = String(last.text.dropLast())
      past.removeLast()
    }
  }

  private mutating func suggest() throws { suggestions = try completer.suggestions(prefix: prefix, count: count) }
}
