import Foundation

/// The shortest decimal digits that identify a finite float32 number: ±d₁.d₂d₃… · 10^exponent.
struct DecimalDigits {
  let isNegative: Bool
  /// The significant digits, of which the first and the last are not zero; empty for zero.
  let digits: [Character]
  /// The power of ten of the first digit; 0 for zero.
  let exponent: Int
  private let value: Float

  /// Creates the digits of a finite number.
  init(_ value: Float) {
    self.value = value
    isNegative = value.sign == .minus
    // Float's own description has the shortest digits, with or without an exponent.
    let parts = value.magnitude.description.split(separator: "e")
    let number = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let all = Array(number[0] + (number.count > 1 ? number[1] : ""))
    let first = all.firstIndex { $0 != "0" } ?? all.count
    let end = (all.lastIndex { $0 != "0" } ?? -1) + 1
    digits = first < end ? Array(all[first..<end]) : []
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    exponent = digits.isEmpty ? 0 : number[0].count - 1 - first + power
  }

  private var sign: String { isNegative ? "-" : "" }

  /// The parts before and after the decimal point, the latter rounded to at most 8 digits and without trailing zeros.
  var positional: (integer: String, fraction: String) {
    if digits.count - 1 - exponent > 8 {
      let parts = String(format: "%.8f", Double(value.magnitude)).split(separator: ".")
      let fraction = parts[1].reversed().drop { $0 == "0" }.reversed()
      return (sign + parts[0], String(fraction))
    }
    guard exponent >= 0 else {
      return (sign + "0", digits.isEmpty ? "" : String(repeating: "0", count: -1 - exponent) + String(digits))
    }
    let integer = String(digits.prefix(exponent + 1))
    let zeros = String(repeating: "0", count: exponent + 1 - integer.count)
    return (sign + integer + zeros, String(digits.dropFirst(exponent + 1)))
  }
}
