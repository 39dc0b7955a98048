extension FixedWidthInteger {
  /// Creates an integer from its little-endian bytes.
  package init(littleEndianBytes bytes: some BidirectionalCollection<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }

  /// The bytes of the integer in little-endian order.
  package var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}

extension Array where Element: FixedWidthInteger & BitwiseCopyable {
  /// Creates integers from their little-endian bytes, one after another; an incomplete integer at the end is ignored.
  package init(littleEndianBytes bytes: [UInt8]) {
    let width = MemoryLayout<Element>.size
    self = unsafe bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / width).map {
        unsafe Element(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * width, as: Element.self))
      }
    }
  }

  /// The bytes of the integers in little-endian order, one after another.
  package var littleEndianBytes: [UInt8] {
    unsafe map(\.littleEndian).withUnsafeBytes { unsafe Array<UInt8>($0) }
  }
}

extension [Double] {
  /// Creates numbers from the little-endian bytes of their bit patterns.
  package init(littleEndianBytes bytes: [UInt8]) {
    self = [UInt64](littleEndianBytes: bytes).map { Double(bitPattern: $0) }
  }

  /// The little-endian bytes of the numbers' bit patterns.
  package var littleEndianBytes: [UInt8] { map(\.bitPattern).littleEndianBytes }
}
