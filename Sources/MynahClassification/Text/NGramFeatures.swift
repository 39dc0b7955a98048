/// Which short pieces a text has: words and pairs of words, and 2 to 5 characters in a row, each in a hashed bucket.
///
/// Words are those of `TextForm.folded`. Characters are as they stand, small and capital, but each digit is 0 and white space of any
/// length a space: spellings, prices, telephone numbers and addresses show there, also in words that nobody wrote before.
/// Buckets are numbers below B by the FNV-1a hash of a piece's UTF-8 bytes, as in K. Weinberger et al., "Feature hashing for large scale
/// multitask learning", 2009; so no vocabulary is kept.
public struct NGramFeatures: Hashable, Sendable {
  /// The buckets of the text's pieces, rising, each once, in 0 ..< B.
  public let buckets: [Int32]
  /// A number for each bucket.
  ///
  /// Whether a piece occurs counts, not how often: of m buckets of words each has 1 / √m, and likewise those of
  /// characters; a bucket of both has the sum.
  public let values: [Float]

  /// How many words, and how many characters, a piece has.
  static let wordCounts = 1...2, characterCounts = 2...5

  /// The features of a text.
  ///
  /// - Parameters:
  ///   - text: Any text; an empty one has no features.
  ///   - bucketCount: B, at least 1.
  public init(_ text: String, bucketCount: Int) {
    precondition(bucketCount > 0, "n-grams need a bucket at least, found \(bucketCount)")
    var sums: [Int32: Float] = [:]
    let words = Self.buckets(
      of: TextForm.words(of: text).map { Array($0.utf8) }, counts: Self.wordCounts, kind: 0, separator: [32],
      bucketCount)
    let characters = Self.buckets(
      of: Self.characters(of: text), counts: Self.characterCounts, kind: 1, separator: [], bucketCount)
    for found in [words, characters] {
      let value = 1 / Float(found.count).squareRoot()
      for bucket in found { sums[bucket, default: 0] += value }
    }
    buckets = sums.keys.sorted()
    values = buckets.map { sums[$0] ?? 0 }
  }

  /// The buckets of all runs of units, each hash going on from that of the run that is one unit shorter.
  private static func buckets(
    of units: [[UInt8]], counts: ClosedRange<Int>, kind: UInt8, separator: [UInt8], _ bucketCount: Int
  ) -> Set<Int32> {
    var found: Set<Int32> = []
    for first in units.indices {
      // Words and characters are told apart by the byte before.
      var hash = FNV1a()
      hash.combine([kind])
      for (count, unit) in zip(1...counts.upperBound, units[first...]) {
        if count > 1 { hash.combine(separator) }
        hash.combine(unit)
        if count >= counts.lowerBound { found.insert(hash.bucket(of: bucketCount)) }
      }
    }
    return found
  }

  /// The characters of a text as UTF-8.
  private static func characters(of text: String) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace || scalar.properties.generalCategory == .control {
        if result.last != [32] { result.append([32]) }
      } else {
        result.append(scalar.properties.generalCategory == .decimalNumber ? [48] : Array(String(scalar).utf8))
      }
    }
    return result
  }
}

/// A 64-bit hash of bytes that is equal on any machine, unlike `Hasher`'s.
///
/// FNV-1a, by G. Fowler, L. Noll and K.-P. Vo: RFC 9923.
package struct FNV1a {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func combine(_ bytes: [UInt8]) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// A bucket in 0 ..< count; the upper half joins in, for the lowest bits alone mix little.
  func bucket(of count: Int) -> Int32 { Int32((value ^ value >> 32) % UInt64(count)) }
}
