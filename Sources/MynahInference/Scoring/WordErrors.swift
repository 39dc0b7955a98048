/// The word errors of texts against their references.
///
///     word error rate = (substitutions + deletions + insertions) / words of the references
///
/// The errors of a text are its Levenshtein distance from the reference in words, which are separated by white space
/// and compared by their bytes.
public struct WordErrors: Hashable, Sendable {
  /// The number of substitutions, deletions and insertions.
  public private(set) var errorCount = 0
  /// The number of words of the references.
  public private(set) var referenceWordCount = 0

  /// Creates the errors of no text.
  public init() {}

  /// Counts the errors of a text.
  public init(of text: String, reference: String) {
    var numbers: [[UInt8]: Int] = [:]
    let expected = Self.words(reference, &numbers)
    errorCount = Self.distance(Self.words(text, &numbers), expected)
    referenceWordCount = expected.count
  }

  /// The word error rate, 0 or more and possibly above 1; NaN without reference words.
  public var rate: Double { Double(errorCount) / Double(referenceWordCount) }

  /// Adds the errors of other texts.
  public static func += (left: inout WordErrors, right: WordErrors) {
    left.errorCount += right.errorCount
    left.referenceWordCount += right.referenceWordCount
  }

  /// Returns a number for each word, which is the same for equal words.
  private static func words(_ text: String, _ numbers: inout [[UInt8]: Int]) -> [Int] {
    text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { word in
      let (bytes, next) = (Array(String(word).utf8), numbers.count)
      let number = numbers[bytes] ?? next
      numbers[bytes] = number
      return number
    }
  }

  /// Returns the Levenshtein distance.
  private static func distance(_ text: [Int], _ reference: [Int]) -> Int {
    var row = Array(0...reference.count)
    for (index, word) in text.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, other) in reference.enumerated() {
        let substituted = diagonal + (word == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
      }
    }
    return row[reference.count]
  }
}
