import MynahIO

/// The n-grams of a text: words, word pairs and runs of 2 to 5 characters, each hashed to a bucket.
///
/// Words are those of `TextForm.folded`. Characters keep their case, but each digit becomes 0 and each run of white
/// space becomes one space. Character n-grams capture spellings, prices, telephone numbers and addresses, even in
/// unseen words. The bucket, a number below B, is the FNV-1a hash of the n-gram's UTF-8 bytes, as in K. Weinberger et
/// al., "Feature hashing for large scale multitask learning", 2009, so no vocabulary is needed.
public struct NGramFeatures: Hashable, Sendable {
  /// The distinct buckets of the text's n-grams, in 0 ..< B, in ascending order.
  public let buckets: [Int32]
  /// The value of each bucket.
  ///
  /// Values depend on the presence of n-grams, not on their frequency: each of m buckets of word n-grams has the value
  /// 1 / √m, and likewise for character n-grams. A bucket of both kinds has the sum.
  public let values: [Float]

  /// The lengths of word n-grams and of character n-grams.
  static let wordCounts = 1...2, characterCounts = 2...5

  /// Creates the features of a text.
  ///
  /// - Parameters:
  ///   - text: Any text; an empty one has no features.
  ///   - bucketCount: B, at least 1.
  public init(_ text: String, bucketCount: Int) {
    require(bucketCount > 0, "n-grams need at least 1 bucket, got \(bucketCount)")
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

  /// Returns the buckets of all n-grams.
  ///
  /// Each n-gram's hash extends the hash of the n-gram that is one unit shorter.
  private static func buckets(
    of units: [[UInt8]], counts: ClosedRange<Int>, kind: UInt8, separator: [UInt8], _ bucketCount: Int
  ) -> Set<Int32> {
    var found: Set<Int32> = []
    for first in units.indices {
      // The first byte distinguishes word n-grams from character n-grams.
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

  /// Returns the characters of a text as UTF-8, with digits and white space normalised.
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

/// A 64-bit hash of bytes that is the same on every machine, unlike that of `Hasher`.
///
/// FNV-1a, by G. Fowler, L. Noll and K.-P. Vo: RFC 9923.
package struct FNV1a {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func combine(_ bytes: [UInt8]) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// Returns a bucket in 0 ..< count.
  ///
  /// The upper half is mixed in, because the lowest bits alone are poorly distributed.
  func bucket(of count: Int) -> Int32 { Int32((value ^ value >> 32) % UInt64(count)) }
}
