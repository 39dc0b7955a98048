import ArgumentParser
import MynahIO

/// Parses the values of flags within bounds; an error names the expected values.
enum Bounded {
  /// Returns a parser of whole numbers within bounds.
  static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
    { text in
      guard let value = Int(text), range.contains(value) else {
        throw ValidationError("expected a whole number between \(range.lowerBound) and \(range.upperBound)")
      }
      return value
    }
  }

  /// Returns a parser of numbers above 0, up to a bound.
  static func positive(atMost bound: Float) -> @Sendable (String) throws -> Float {
    { text in
      guard let value = Float(text), value >= .leastNormalMagnitude, value <= bound else {
        throw ValidationError("expected a number above 0 and at most \(bound.plain)")
      }
      return value
    }
  }

  /// Parses a dropout rate: a number of at least 0 and below 1.
  static func rate(_ text: String) throws -> Float {
    guard let value = Float(text), (0..<1).contains(value) else {
      throw ValidationError("expected a rate of at least 0 and below 1")
    }
    return value
  }

  /// Returns a parser of numbers within bounds.
  static func number(_ range: ClosedRange<Float>) -> @Sendable (String) throws -> Float {
    { text in
      guard let value = Float(text), range.contains(value) else {
        throw ValidationError("expected a number between \(range.lowerBound.plain) and \(range.upperBound.plain)")
      }
      return value
    }
  }

  /// Parses the share of a text that is split off for validation.
  static func validationShare(_ text: String) throws -> Double {
    guard let value = Double(text), (0.001...0.9).contains(value) else {
      throw ValidationError("expected a number between 0.001 and 0.9")
    }
    return value
  }

  /// Parses a path.
  static func path(_ text: String) throws -> String {
    guard !text.isEmpty else { throw ValidationError("expected a path") }
    return text
  }

  /// Returns a parser of comma-separated numbers, each at least 0 and below 1.
  static func shares(count: Int) -> @Sendable (String) throws -> [Float] {
    { text in
      let values = text.split(separator: ",", omittingEmptySubsequences: false).map {
        Float($0.trimmingCharacters(" "))
      }
      let shares = values.compactMap { $0 }.filter { (0..<1).contains($0) }
      guard shares.count == count && values.count == count else {
        throw ValidationError("expected \(count) numbers from 0 to below 1, separated by commas")
      }
      return shares
    }
  }

  /// Returns a parser of comma-separated whole numbers within bounds.
  static func integers(_ range: ClosedRange<Int>, atMost count: Int) -> @Sendable (String) throws -> [Int] {
    { text in
      let values = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        try integer(range)(part.trimmingCharacters(" "))
      }
      guard values.count <= count else { throw ValidationError("expected at most \(count) numbers") }
      return values
    }
  }
}

extension Float {
  /// The number with all digits of a whole number, and without a trailing decimal point.
  fileprivate var plain: String { Int(exactly: self).map(String.init) ?? Double(self).brief }
}

extension Substring {
  fileprivate func trimmingCharacters(_ character: Character) -> String {
    var rest = self
    while rest.first == character { rest.removeFirst() }
    while rest.last == character { rest.removeLast() }
    return String(rest)
  }
}
