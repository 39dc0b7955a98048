/// A decompressor for the DEFLATE format.
///
/// Source: P. Deutsch, "DEFLATE compressed data format specification", RFC 1951, 1996; section numbers below refer to
/// it.
package struct Inflate {
  /// An error in the compressed data.
  package enum Failure: Error, Hashable {
    case cutShort, malformed, tooLong
  }

  private let input: [UInt8]
  private var position = 0
  /// The bits that were read from the input but not consumed; the least significant bit is the next one.
  private var bits: UInt32 = 0
  private var bitCount = 0
  private var output: [UInt8] = []
  private let limit: Int

  /// Decompresses bytes.
  ///
  /// - Parameter limit: The maximum length of the result, so that a small file cannot exhaust the memory.
  package static func expand(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    try expand(bytes, at: 0, limit: limit).contents
  }

  /// Decompresses the data at an offset, and also returns the offset of their end.
  ///
  /// - Parameter limit: The maximum length of the result.
  static func expand(_ bytes: [UInt8], at offset: Int, limit: Int) throws(Failure) -> (contents: [UInt8], end: Int) {
    var inflate = Inflate(input: bytes, limit: limit)
    inflate.position = offset
    while try !inflate.block() {}
    // Bytes are only read when their bits are needed, so the remaining bits of the last byte are padding.
    return (inflate.output, inflate.position)
  }

  private init(input: [UInt8], limit: Int) { (self.input, self.limit) = (input, limit) }

  // MARK: Bits (3.1.1)

  private mutating func take(_ count: Int) throws(Failure) -> Int {
    while bitCount < count {
      guard position < input.count else { throw .cutShort }
      bits |= UInt32(input[position]) << UInt32(bitCount)
      position += 1
      bitCount += 8
    }
    let value = bits & (1 << UInt32(count) - 1)
    bits >>= UInt32(count)
    bitCount -= count
    return Int(value)
  }

  private mutating func append(_ byte: UInt8) throws(Failure) {
    guard output.count < limit else { throw .tooLong }
    output.append(byte)
  }

  // MARK: Blocks (3.2.3)

  /// Decompresses a block and returns a Boolean value indicating whether it is the last one.
  private mutating func block() throws(Failure) -> Bool {
    let isLast = try take(1) == 1
    switch try take(2) {
    case 0: try storedBlock()
    case 1: try compressedBlock(literals: Self.fixedLiterals, distances: Self.fixedDistances)
    case 2:
      let (literals, distances) = try codes()
      try compressedBlock(literals: literals, distances: distances)
    default: throw .malformed
    }
    return isLast
  }

  private mutating func storedBlock() throws(Failure) {
    (bits, bitCount) = (0, 0)
    let (length, complement) = (try take(16), try take(16))
    guard length == complement ^ 0xFFFF else { throw .malformed }
    guard position + length <= input.count else { throw .cutShort }
    guard output.count + length <= limit else { throw .tooLong }
    output += input[position..<position + length]
    position += length
  }

  private mutating func compressedBlock(literals: HuffmanCode, distances: HuffmanCode) throws(Failure) {
    while true {
      let symbol = try next(literals)
      if symbol < 256 {
        try append(UInt8(symbol))
      } else if symbol == 256 {
        return
      } else {
        let length = try number(symbol - 257, Self.lengths)
        let distance = try number(try next(distances), Self.distances)
        guard distance <= output.count else { throw .malformed }
        for _ in 0..<length { try append(output[output.count - distance]) }
      }
    }
  }

  /// Decodes a length or distance: the symbol's base value plus its extra bits (3.2.5).
  private mutating func number(_ symbol: Int, _ table: [(base: Int, bitCount: Int)]) throws(Failure) -> Int {
    guard symbol < table.count else { throw .malformed }
    return table[symbol].base + (try take(table[symbol].bitCount))
  }

  private static let lengths: [(base: Int, bitCount: Int)] = table(
    first: 3, bitCounts: Array(repeating: 0, count: 8) + [1, 2, 3, 4, 5].flatMap { [$0, $0, $0, $0] }, last: (258, 0))
  private static let distances = table(
    first: 1, bitCounts: [0, 0, 0, 0] + (1...13).flatMap { [$0, $0] }, last: nil)

  /// Returns a table of contiguous ranges, described by their bases and numbers of extra bits.
  private static func table(
    first: Int, bitCounts: [Int], last: (base: Int, bitCount: Int)?
  ) -> [(base: Int, bitCount: Int)] {
    var base = first
    let values = bitCounts.map { count in
      defer { base += 1 << count }
      return (base: base, bitCount: count)
    }
    return values + [last].compactMap { $0 }
  }

  // MARK: Codes (3.2.2, 3.2.6, 3.2.7)

  /// A canonical Huffman code: shorter codes come first, and codes of the same length are in symbol order.
  private struct HuffmanCode {
    /// The number of codes of each length from 0 to 15 bits.
    var counts = Array(repeating: 0, count: 16)
    /// The symbols in the order of their codes.
    var symbols: [Int] = []

    init(lengths: [Int]) throws(Failure) {
      for length in lengths where length > 0 { counts[length] += 1 }
      var free = 1
      for count in counts.dropFirst() {
        free = 2 * free - count
        guard free >= 0 else { throw .malformed }
      }
      symbols = lengths.indices.filter { lengths[$0] > 0 }.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    }
  }

  private mutating func next(_ code: HuffmanCode) throws(Failure) -> Int {
    // The value of the bits so far, relative to the first code of this length, and the number of symbols with shorter
    // codes.
    var (value, shorter) = (0, 0)
    for length in 1...15 {
      value = value << 1 | (try take(1))
      let count = code.counts[length]
      if value < count { return code.symbols[shorter + value] }
      value -= count
      shorter += count
    }
    throw .malformed
  }

  private static let fixedLiterals = fixed(
    [(144, 8), (112, 9), (24, 7), (8, 8)].flatMap { Array(repeating: $0.1, count: $0.0) })
  private static let fixedDistances = fixed(Array(repeating: 5, count: 30))

  private static func fixed(_ lengths: [Int]) -> HuffmanCode {
    guard let code = try? HuffmanCode(lengths: lengths) else { requirementFailure("the fixed codes are well-formed") }
    return code
  }

  /// Reads the dynamic Huffman codes of a block, whose lengths are themselves Huffman-coded.
  private mutating func codes() throws(Failure) -> (literals: HuffmanCode, distances: HuffmanCode) {
    let (literalCount, distanceCount) = (try take(5) + 257, try take(5) + 1)
    let lengthCount = try take(4) + 4
    var lengthLengths = Array(repeating: 0, count: 19)
    for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(lengthCount) {
      lengthLengths[place] = try take(3)
    }
    let lengthCode = try HuffmanCode(lengths: lengthLengths)
    var lengths: [Int] = []
    while lengths.count < literalCount + distanceCount {
      switch try next(lengthCode) {
      case 16:
        guard let last = lengths.last else { throw .malformed }
        lengths += Array(repeating: last, count: 3 + (try take(2)))
      case 17: lengths += Array(repeating: 0, count: 3 + (try take(3)))
      case 18: lengths += Array(repeating: 0, count: 11 + (try take(7)))
      case let length: lengths.append(length)
      }
    }
    guard lengths.count == literalCount + distanceCount else { throw .malformed }
    return (
      try HuffmanCode(lengths: Array(lengths[..<literalCount])),
      try HuffmanCode(lengths: Array(lengths[literalCount...]))
    )
  }
}
