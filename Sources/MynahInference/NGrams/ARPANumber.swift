import Foundation

/// The numbers of ARPA files: logarithms to base 10.
enum ARPANumber {
  /// The maximum logarithm that is accepted as that of a probability; positive values are read as 0.
  ///
  /// Programs write 4 to 7 decimals, so sums of rounded logarithms can exceed 0 by this much.
  static let maximumRounding = 1e-4
  /// The logarithm that represents probability 0: programs write −99, and read −99 and all smaller values as log 0.
  static let zero = -99.0

  /// Returns the value of a field; nil if it is not a number or is positive infinity.
  ///
  /// `-inf` is the logarithm of 0.
  static func logarithm(_ field: ArraySlice<UInt8>) -> Double? {
    let text = String(decoding: field, as: UTF8.self)
    guard field.allSatisfy(isOfNumbers) else {
      return ["-inf", "-infinity"].contains(text.lowercased()) ? -.infinity : nil
    }
    guard let value = Double(text), value < .infinity else { return nil }
    return value
  }

  /// Returns the natural logarithm for a logarithm to base 10; −∞ for −99 and below.
  static func natural(_ logarithm: Double) -> Float {
    // −99 may have been written as a rounded 32-bit number.
    logarithm <= zero + 1e-3 ? -.infinity : Float(logarithm * log(10))
  }

  /// Returns the logarithm to base 10 for a natural logarithm; −99 for −∞.
  static func decimal(_ logarithm: Float) -> Float {
    logarithm > -.infinity ? max(Float(Double(logarithm) / log(10)), Float(zero)) : Float(zero)
  }

  private static func isOfNumbers(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
