import MynahText

/// The words `<s>` and `</s>`, which mark the beginning and the end of a sentence in texts for n-gram models.
///
/// They are added to each line when n-grams are counted, so a text must not contain them.
public enum SentenceMarks {
  /// The marks.
  static let all = [NGramModel.sentenceStart, NGramModel.sentenceEnd]

  /// Returns the first mark of a text and its line, counted from 1; nil if there is none.
  public static func first(in text: String) -> (mark: String, line: Int)? {
    let bytes = Array(text.utf8)
    var (scanner, line) = (WordScanner(bytes), 1)
    while let item = scanner.next() {
      switch item {
      case .lineEnd: line += 1
      case .word(let range):
        if let mark = mark(bytes[range]) { return (mark, line) }
      }
    }
    return nil
  }

  /// Returns a text without marks, with one sentence per line.
  ///
  /// A mark between words of a line ends a sentence. In lines with marks, words are separated by single blanks.
  public static func removed(from text: String) -> String {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // After the last line end there is no line.
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.flatMap { sentences(Array($0)) }.map { $0 + "\n" }.joined()
  }

  /// Returns the sentences of a line; an empty one if there is no word.
  private static func sentences(_ line: [UInt8]) -> [String] {
    var (scanner, sentences, hasMark) = (WordScanner(line), [[]] as [[String]], false)
    while case .word(let range) = scanner.next() {
      if mark(line[range]) == nil {
        sentences[sentences.count - 1].append(String(decoding: line[range], as: UTF8.self))
      } else {
        hasMark = true
        if sentences.last?.isEmpty == false { sentences.append([]) }
      }
    }
    guard hasMark else { return [String(decoding: line, as: UTF8.self)] }
    if sentences.count > 1 && sentences.last?.isEmpty == true { sentences.removeLast() }
    return sentences.map { $0.joined(separator: " ") }
  }

  /// Returns the mark if a word is one, otherwise nil.
  private static func mark(_ word: ArraySlice<UInt8>) -> String? {
    guard word.first == UInt8(ascii: "<"), word.last == UInt8(ascii: ">") else { return nil }
    return all.first { word.elementsEqual($0.utf8) }
  }
}
