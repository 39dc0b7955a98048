import ArgumentParser
import Foundation
import MynahIO

/// The values of a flag that a search samples from.
///
/// `a..b` is a range of numbers: of whole numbers if both ends are written without a decimal point or an exponent.
/// Numbers are sampled uniformly, or log-uniformly if the lower end is above 0 and the upper end at least ten times as
/// large. `x|y|z` are alternatives, which are equally likely.
package enum SettingRange: Hashable, Sendable {
  /// Whole numbers, ends included.
  case whole(ClosedRange<Int>)
  /// Numbers, ends included.
  case numbers(ClosedRange<Double>)
  /// Alternatives, at least two.
  case choice([String])

  /// Reads the value of a flag; nil if it is a single value.
  ///
  /// - Throws: `ValidationError` with a sentence about a malformed range, without the flag.
  package init?(_ text: String) throws {
    let alternatives = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    if alternatives.count > 1 {
      let isPlain = alternatives.allSatisfy { !$0.isEmpty && !$0.contains("..") }
      guard isPlain, Set(alternatives).count == alternatives.count else {
        throw ValidationError("expected different single values separated by '|', such as 64|128|256")
      }
      self = .choice(alternatives)
      return
    }
    let ends = text.components(separatedBy: "..")
    guard ends.count > 1 else { return nil }
    let numbers = ends.compactMap { Double($0) }
    guard ends.count == 2, numbers.count == 2, numbers[0] < numbers[1], numbers.allSatisfy(\.isFinite) else {
      throw ValidationError("expected two numbers, the smaller one first, such as 0.1..0.5")
    }
    if let lower = Int(ends[0]), let upper = Int(ends[1]) {
      self = .whole(lower...upper)
    } else {
      self = .numbers(numbers[0]...numbers[1])
    }
  }

  /// A Boolean value indicating whether values are sampled log-uniformly.
  package var isLogarithmic: Bool {
    switch self {
    case .whole(let range): Self.isLogarithmic(Double(range.lowerBound)...Double(range.upperBound))
    case .numbers(let range): Self.isLogarithmic(range)
    case .choice: false
    }
  }

  private static func isLogarithmic(_ range: ClosedRange<Double>) -> Bool {
    // In floating point, 10 · 0.07 is slightly above 0.7.
    range.lowerBound > 0 && range.upperBound * (1 + 1e-9) >= 10 * range.lowerBound
  }

  /// Returns the value at a position in the range, as a command-line argument.
  ///
  /// Numbers that are not whole have four significant digits.
  ///
  /// - Parameter place: The position: a number of at least 0 and below 1.
  package func value(at place: Double) -> String {
    switch self {
    case .choice(let values): return values[min(Int(place * Double(values.count)), values.count - 1)]
    case .numbers(let range):
      let drawn = interpolated(range, place)
      let rounded = Double(String(format: "%.3e", drawn)) ?? drawn
      return "\(min(max(rounded, range.lowerBound), range.upperBound))"
    case .whole(let range):
      // Each whole number is sampled from the interval of half a unit on either side of it.
      let drawn = interpolated(Double(range.lowerBound) - 0.5...Double(range.upperBound) + 0.5, place)
      return "\(min(max(Int(drawn.rounded()), range.lowerBound), range.upperBound))"
    }
  }

  private func interpolated(_ range: ClosedRange<Double>, _ place: Double) -> Double {
    let (lower, upper) = (range.lowerBound, range.upperBound)
    guard isLogarithmic else { return lower + place * (upper - lower) }
    return lower * exp(place * log(upper / lower))
  }

  /// The values that are checked before a search starts: the ends, or all alternatives.
  var samples: [String] {
    switch self {
    case .whole(let range): ["\(range.lowerBound)", "\(range.upperBound)"]
    case .numbers(let range): ["\(range.lowerBound)", "\(range.upperBound)"]
    case .choice(let values): values
    }
  }
}
