/// A word of a text: the characters between white space.
public struct TextWord: Hashable, Sendable {
  /// The number of the line that the word is in.
  public let line: Int
  /// The number of the word in its line; 1 is the first.
  public let index: Int
  /// The word as it is spelled in the text.
  public let text: String

  /// Creates a word.
  public init(line: Int, index: Int, text: String) { (self.line, self.index, self.text) = (line, index, text) }
}

extension TextWord {
  /// A word of a line with its position, or white space.
  struct Segment: Sendable {
    /// The text of the word, or one character of white space.
    var text: String
    /// The number of bytes of the line before the segment.
    let start: Int
    /// The word; nil for white space.
    var word: TextWord?
  }

  /// Splits a line into its words and the single characters of white space between them.
  static func segments(of line: String, number: Int) -> [Segment] {
    var (segments, word, start, index) = ([Segment](), "", 0, 0)
    func close() {
      guard !word.isEmpty else { return }
      index += 1
      let begin = start - word.utf8.count
      segments.append(Segment(text: word, start: begin, word: TextWord(line: number, index: index, text: word)))
      word = ""
    }
    for scalar in line.unicodeScalars {
      if scalar.properties.isWhitespace {
        close()
        segments.append(Segment(text: String(scalar), start: start, word: nil))
      } else {
        word.unicodeScalars.append(scalar)
      }
      start += UTF8.width(scalar)
    }
    close()
    return segments
  }
}
