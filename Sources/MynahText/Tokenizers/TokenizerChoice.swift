/// The choice of a tokenizer for a text that is not known in advance.
///
/// | text | tokenizer |
/// |---|---|
/// | in which at least 0.5 % of the words are `<unk>`, or with blanks around its punctuation, as prepared corpora have it | words |
/// | any other text of less than 20,000 bytes | characters |
/// | any other text | byte pairs, with a vocabulary whose size follows from the length |
///
/// Words of natural text include their punctuation, so most of them would be rare or unknown. A text in which more than
/// a quarter of the words occur only once is therefore not read as words, even if it has no punctuation.
public struct TokenizerChoice: Hashable, Sendable {
  /// The number of bytes of a text that are examined.
  public static let examinedByteCount = 1 << 20
  /// The length in bytes below which a text is read as characters.
  public static let shortTextByteCount = 20_000

  /// The kind of the tokenizer.
  public let kind: TokenizerKind
  /// The reason, as a clause: "the text has spaces around its punctuation".
  public let reason: String

  /// Chooses a tokenizer for a training text, of which only the beginning is examined.
  ///
  /// - Parameter text: The text, or its first `examinedByteCount` bytes.
  public init(for text: String) {
    var beginning = Array(text.utf8.prefix(Self.examinedByteCount))
    while beginning.count == Self.examinedByteCount, let last = beginning.last, last & 0xC0 == 0x80 {
      beginning.removeLast()
    }
    let words = WordFigures(of: beginning)
    if words.unknownShare >= 0.005 {
      (kind, reason) = (.word, "the text contains the word <unk>")
    } else if words.isPretokenized && words.onceShare <= 0.25 {
      let marks = words.hasMarks ? "has spaces around its punctuation" : "has no punctuation"
      (kind, reason) = (.word, "the text \(marks)")
    } else if beginning.count < Self.shortTextByteCount {
      (kind, reason) = (.character, "the text is short")
    } else {
      (kind, reason) = (.bytePair, "the text is not split into words and punctuation")
    }
  }
}

/// Statistics of the words of a text, which are separated by white space.
private struct WordFigures {
  /// The number of punctuation marks at the end of words, and the number of those that are separate words.
  private var (attachedCount, separateCount) = (0, 0)
  private var (count, unknownCount, counts) = (0, 0, TokenCounts())

  /// Counts the words of a text.
  init(of bytes: [UInt8]) {
    let (unknown, marks) = (Array(Vocabulary.unknown.utf8), Set(",.;:!?".utf8))
    var scanner = WordScanner(bytes)
    while let item = scanner.next() {
      guard case .word(let range) = item else { continue }
      count += 1
      counts.add(bytes, range)
      if bytes[range].elementsEqual(unknown) { unknownCount += 1 }
      if range.count == 1, marks.contains(bytes[range.lowerBound]) {
        separateCount += 1
      } else if range.count > 1, marks.contains(bytes[range.upperBound - 1]) {
        attachedCount += 1
      }
    }
  }

  /// The share of the words that are `<unk>`.
  var unknownShare: Double { Double(unknownCount) / Double(max(count, 1)) }

  var hasMarks: Bool { attachedCount + separateCount > 0 }

  /// A Boolean value indicating whether at most a tenth of the punctuation is part of words, such as abbreviations.
  var isPretokenized: Bool { 9 * attachedCount <= separateCount }

  /// The share of the words that occur once; 1 if there are none.
  var onceShare: Double {
    count == 0 ? 1 : Double(counts.entries.count { $0.count == 1 }) / Double(count)
  }
}
