import Foundation

/// The numbers of ARPA files: logarithms to base 10.
enum ARPANumber {
  /// The greatest logarithm of a probability that is read as that of 1.
  ///
  /// Programs write 4 to 7 decimals, and sums of rounded numbers can be above 0 by as much.
  static let greatestRounding = 1e-4
  /// The logarithm that stands for that of 0; programs write −99, and read it and all smaller ones so.
  static let zero = -99.0

  /// Returns the value of a field; nil if it is no number, or infinite and positive.
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

  /// Returns the natural logarithm of the number whose logarithm to base 10 is given.
  static func natural(_ logarithm: Double) -> Float {
    // −99 may be written as a rounded number of 32 bits.
    logarithm <= zero + 1e-3 ? -.infinity : Float(logarithm * log(10))
  }

  /// Returns the logarithm to base 10 of the number whose natural logarithm is given; −99 for that of 0.
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
