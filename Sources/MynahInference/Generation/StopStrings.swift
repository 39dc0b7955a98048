/// Lets text through until one of some strings comes, and holds back what may be the beginning of one.
///
/// Strings are compared by their UTF-8 bytes. Text has to come in whole characters, so what is let through is whole too.
public struct StopStrings: Hashable, Sendable {
  private let strings: [[UInt8]]
  private var held: [UInt8] = []
  /// The string that came, which ends the text; it is not let through.
  public private(set) var found: String?

  /// Waits for any of some strings.
  ///
  /// - Precondition: none is empty.
  public init(_ strings: [String]) {
    precondition(!strings.contains(""), "an empty string stops nothing")
    self.strings = strings.map { Array($0.utf8) }
  }

  /// Takes the next piece of a text.
  ///
  /// - Returns: What can be written: up to where a string begins that came, or may still come.
  public mutating func pass(_ text: String) -> String {
    guard found == nil else { return "" }
    guard !strings.isEmpty else { return text }
    held += text.utf8
    for start in held.indices {
      for string in strings where held[start...].starts(with: string) {
        found = String(decoding: string, as: UTF8.self)
        return letGo(start, all: true)
      }
    }
    let start = held.indices.first { start in strings.contains { $0.starts(with: held[start...]) } }
    return letGo(start ?? held.count)
  }

  /// What is held back, at the text's end.
  public mutating func finish() -> String { letGo(held.count) }

  /// Gives the first bytes out; with `all` the others are dropped.
  private mutating func letGo(_ count: Int, all: Bool = false) -> String {
    let text = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(all ? held.count : count)
    return text
  }
}
