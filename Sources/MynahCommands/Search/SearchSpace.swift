import ArgumentParser
import MynahIO
import MynahTensors

/// The arguments of a search: those of `mynah train`, with ranges in place of some values.
package struct SearchSpace: Sendable {
  /// A flag with a range.
  package struct Dimension: Sendable {
    /// The flag: `--dropout`.
    package let flag: String
    package let range: SettingRange
    /// The index of the word that contains the value.
    fileprivate let index: Int
    /// The part of the word before the value: `--dropout=`, or nothing.
    fileprivate let prefix: String
  }

  /// The words as they were typed.
  package let words: [String]
  /// The flags with ranges, in the order of the words.
  package let dimensions: [Dimension]

  /// Finds the ranges among words.
  ///
  /// - Parameter searchable: The flags that may have ranges. Ranges of other flags are found too, so that unknown flags
  ///   are reported first; for these flags, a malformed range is a single value, such as a path.
  /// - Throws: `ValidationError` about a malformed range, or two ranges of one flag.
  package init(_ words: [String], searchable: Set<String>) throws {
    self.words = words
    dimensions = try words.indices.compactMap { index in
      guard let (flag, value, prefix) = Self.setting(in: words, at: index) else { return nil }
      do {
        return try SettingRange(value).map { Dimension(flag: flag, range: $0, index: index, prefix: prefix) }
      } catch let error as ValidationError {
        guard searchable.contains(flag) else { return nil }
        throw ValidationError("\(flag) \(value.quoted()) is not a range: \(error.message)")
      }
    }
    let flags = dimensions.map(\.flag)
    if let flag = flags.first(where: { flag in flags.count { $0 == flag } > 1 }) {
      throw ValidationError("\(flag) has two ranges; leave one of them out")
    }
  }

  /// Returns the flag, the value and what precedes the value in its word, if a word contains the value of a flag.
  private static func setting(in words: [String], at index: Int) -> (flag: String, value: String, prefix: String)? {
    let word = words[index]
    if word.hasPrefix("--") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      return (String(parts[0]), String(parts[1]), parts[0] + "=")
    }
    guard index > 0, words[index - 1].hasPrefix("--"), !words[index - 1].contains("=") else { return nil }
    return (words[index - 1], word, "")
  }

  /// Returns the words of one run.
  ///
  /// - Parameter values: A value of each range.
  package func words(with values: [String]) -> [String] {
    var words = words
    for (dimension, value) in zip(dimensions, values) { words[dimension.index] = dimension.prefix + value }
    return words
  }

  /// Returns distinct settings, each with one value for each range.
  ///
  /// The settings depend only on the seed and the ranges. There are fewer than `count` if the ranges have no more.
  package func settings(count: Int, seed: UInt64) -> [[String]] {
    var random = RandomSource(seed: seed)
    var (settings, repetitionCount) = ([[String]](), 0)
    while settings.count < count && repetitionCount < 10_000 {
      let values = dimensions.map { $0.range.value(at: random.uniform()) }
      if settings.contains(values) {
        repetitionCount += 1
      } else {
        settings.append(values)
        repetitionCount = 0
      }
    }
    return settings
  }

  /// Returns the flags with their values, with ranges as typed; the value of a flag without one is nil.
  ///
  /// - Parameter inputs: The words that are not values of flags.
  func flags(besides inputs: [String]) -> [(flag: String, value: String?)] {
    words.indices.compactMap { index in
      let word = words[index]
      guard word.hasPrefix("--") else { return nil }
      if let (flag, value, _) = Self.setting(in: words, at: index) { return (flag, value) }
      let next = index + 1 < words.count ? Self.setting(in: words, at: index + 1)?.value : nil
      return (word, next.flatMap { inputs.contains($0) ? nil : $0 })
    }
  }

  /// Settings that together cover the ends of all ranges and all alternatives.
  package var samples: [[String]] {
    let samples = dimensions.map(\.range.samples)
    return (0..<(samples.map(\.count).max() ?? 0)).map { index in samples.map { $0[min(index, $0.count - 1)] } }
  }

  /// Returns the settings in words: `--dropout 0.2 --hidden 128`.
  package func inWords(_ values: [String]) -> String {
    zip(dimensions, values).map { "\($0.flag) \($1)" }.joined(separator: " ")
  }
}
