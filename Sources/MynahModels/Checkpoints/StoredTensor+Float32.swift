public import MynahTensors

extension StoredTensor {
  /// The tensor as float32; nil unless its elements are floating-point numbers of 16, 32 or 64 bits.
  ///
  /// 16-bit values are represented exactly; 64-bit values are rounded to the nearest float32.
  public var asFloat32: Tensor? {
    switch elementType {
    case .float32: tensor
    case .bfloat16: converted { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float16: converted(Float.init(float16:))
    case .float64: converted { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    default: nil
    }
  }

  private func converted<Bits: FixedWidthInteger & BitwiseCopyable>(_ convert: (Bits) -> Float) -> Tensor {
    let numbers = withBytes { bytes in
      (0..<shape.elementCount).map { index in
        convert(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
      }
    }
    return Tensor(shape: shape, numbers)
  }
}

extension Float {
  /// Creates the value of a half-precision number (IEEE 754 binary16) from its bits.
  init(float16 bits: UInt16) {
    let (sign, exponent, fraction) = (UInt32(bits >> 15) << 31, Int(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
    switch exponent {
    case 0:
      // Zero and subnormal numbers are multiples of 2⁻²⁴.
      let magnitude = Float(fraction) * Float(sign: .plus, exponent: -24, significand: 1)
      self.init(bitPattern: sign | magnitude.bitPattern)
    case 0x1F: self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self.init(bitPattern: sign | UInt32(exponent - 15 + 127) << 23 | fraction << 13)
    }
  }
}
