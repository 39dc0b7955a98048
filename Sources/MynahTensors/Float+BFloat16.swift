extension Float {
  /// The number rounded to bfloat16, ties to even; a NaN stays one.
  package var bfloat16Bits: UInt16 {
    if isNaN { return UInt16(truncatingIfNeeded: bitPattern >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bitPattern &+ 0x7fff &+ (bitPattern >> 16 & 1)) >> 16)
  }

  /// The value of a bfloat16 number.
  package init(bfloat16Bits bits: UInt16) { self.init(bitPattern: UInt32(bits) << 16) }
}
