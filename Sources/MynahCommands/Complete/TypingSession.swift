import MynahInference

/// A text that is typed with suggestions: the effects of the keys, without the terminal.
///
/// Each word that ends advances the model's state; the states before the last words are kept, so that the words can be
/// deleted.
struct TypingSession {
  /// A key by its effect.
  enum Key: Equatable {
    case letter(Character)
    case backspace
    /// Takes a suggestion, the first one being 0.
    case take(Int)
    case lineEnd
  }

  /// The number of words that can be deleted.
  private static let greatestDepth = 1000

  private let count: Int
  private var completer: Completer
  /// The words before, with what follows them, and the state before each.
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
    if past.count > Self.greatestDepth { past.removeFirst() }
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
