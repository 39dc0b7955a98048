import MynahIO

/// A filter that passes on text until a stop string occurs, and holds back possible beginnings of a stop string.
///
/// Strings are compared by their UTF-8 bytes. The pieces of text must consist of whole characters, as does the output.
public struct StopStrings: Hashable, Sendable {
  private let strings: [[UInt8]]
  private var held: [UInt8] = []
  /// The string that was found, which ends the text and is not passed on.
  public private(set) var found: String?

  /// Creates a filter that stops at any of some strings.
  ///
  /// - Precondition: none is empty.
  public init(_ strings: [String]) {
    require(!strings.contains(""), "a stop string must not be empty")
    self.strings = strings.map { Array($0.utf8) }
  }

  /// Passes on the next piece of a text.
  ///
  /// - Returns: The text to write now: up to the beginning of a stop string or of a possible stop string.
  public mutating func pass(_ text: String) -> String {
    guard found == nil else { return "" }
    guard !strings.isEmpty else { return text }
    held += text.utf8
    for start in held.indices {
      for string in strings where held[start...].starts(with: string) {
        found = String(decoding: string, as: UTF8.self)
        return release(start, all: true)
      }
    }
    let start = held.indices.first { start in strings.contains { $0.starts(with: held[start...]) } }
    return release(start ?? held.count)
  }

  /// Returns the text that is held back, at the end of the text.
  public mutating func finish() -> String { release(held.count) }

  /// Removes and returns the first held bytes as text; if `all` is true, the others are dropped.
  private mutating func release(_ count: Int, all: Bool = false) -> String {
    let text = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(all ? held.count : count)
    return text
  }
}
