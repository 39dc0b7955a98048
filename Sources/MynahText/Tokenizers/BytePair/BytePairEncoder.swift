/// An encoder that applies byte-pair encoding to a text, whole or in chunks, and caches the tokens of each distinct
/// piece.
struct BytePairEncoder: Sendable {
  private let tokenizer: BytePairTokenizer
  private var seen = TokenTable()
  private var seenIDs: [[Int32]] = []
  /// A Boolean value indicating whether a space may be added before the next bytes: at the start of a text and after a
  /// special token.
  private var beginsSegment: Bool
  /// The special tokens, longest first, and, for each byte, whether a special token begins with it.
  private let specials: [(bytes: [UInt8], id: Int32)]
  private let beginsSpecial: [Bool]

  /// The maximum number of cached pieces; the first pieces cover most words of a text.
  private static let mostSeen = 1 << 16

  init(_ tokenizer: BytePairTokenizer, isContinuation: Bool = false) {
    self.tokenizer = tokenizer
    beginsSegment = !isContinuation
    specials = tokenizer.specialTokens.map { (bytes: Array($0.utf8), id: tokenizer.vocabulary.id(of: $0) ?? 0) }
      .sorted { $0.bytes.count > $1.bytes.count }
    var begins = [Bool](repeating: false, count: 256)
    for special in specials { begins[Int(special.bytes[0])] = true }
    beginsSpecial = begins
  }

  /// Starts another text.
  mutating func beginText() { beginsSegment = true }

  /// Encodes the next bytes.
  ///
  /// - Parameter body: Called with each token and the offset of its first byte.
  /// - Throws: `TextError` if a byte is not in the vocabulary.
  mutating func encode(_ bytes: [UInt8], _ body: (_ id: Int32, _ start: Int) -> Void) throws(TextError) {
    var start = 0
    for special in specialPlaces(in: bytes) {
      try encode(bytes, start..<special.range.lowerBound, body)
      body(special.id, special.range.lowerBound)
      beginsSegment = true
      start = special.range.upperBound
    }
    try encode(bytes, start..<bytes.count, body)
  }

  private mutating func encode(
    _ bytes: [UInt8], _ range: Range<Int>, _ body: (_ id: Int32, _ start: Int) -> Void
  ) throws(TextError) {
    guard !range.isEmpty else { return }
    defer { beginsSegment = false }
    guard tokenizer.addsLeadingSpace && beginsSegment && bytes[range.lowerBound] != UInt8(ascii: " ") else {
      return try encodePieces(of: bytes, range, body)
    }
    let spaced = [UInt8(ascii: " ")] + bytes[range]
    try encodePieces(of: spaced, spaced.indices) { id, start in body(id, range.lowerBound + max(start - 1, 0)) }
  }

  private mutating func encodePieces(
    of bytes: [UInt8], _ range: Range<Int>, _ body: (_ id: Int32, _ start: Int) -> Void
  ) throws(TextError) {
    var scanner = PretokenScanner(bytes, range)
    while let piece = scanner.next() {
      var start = piece.lowerBound
      for id in try ids(of: bytes, piece) {
        body(id, start)
        start += tokenizer.byteCount(of: id)
      }
    }
  }

  private mutating func ids(of bytes: [UInt8], _ piece: Range<Int>) throws(TextError) -> [Int32] {
    if let number = seen.number(of: bytes, piece) { return seenIDs[Int(number)] }
    let merged = tokenizer.merges.merged(try byteIDs(bytes, piece))
    if seenIDs.count < Self.mostSeen {
      _ = seen.insert(bytes, piece)
      seenIDs.append(merged)
    }
    return merged
  }

  private func byteIDs(_ bytes: [UInt8], _ piece: Range<Int>) throws(TextError) -> [Int32] {
    var ids: [Int32] = []
    for offset in piece {
      let id = tokenizer.byteIDs[Int(bytes[offset])]
      guard id >= 0 else { throw .unknownToken(in: bytes, offset..<(offset + 1)) }
      ids.append(id)
    }
    return ids
  }

  /// Returns the positions of special tokens, from left to right, preferring the longest if several match.
  private func specialPlaces(in bytes: [UInt8]) -> [(range: Range<Int>, id: Int32)] {
    guard !specials.isEmpty else { return [] }
    var (places, offset): ([(range: Range<Int>, id: Int32)], Int) = ([], 0)
    while offset < bytes.count {
      if beginsSpecial[Int(bytes[offset])],
        let token = specials.first(where: { bytes[offset...].starts(with: $0.bytes) })
      {
        places.append((offset..<(offset + token.bytes.count), token.id))
        offset += token.bytes.count
      } else {
        offset += 1
      }
    }
    return places
  }

  /// Returns the number of bytes at the start of a chunk whose tokens do not depend on the following text.
  ///
  /// These bytes end before the last white space that follows a non-space character, because no token spans that
  /// position; special tokens that contain white space are not cut.
  func certainCount(of bytes: [UInt8]) -> Int {
    let spaced = specials.lazy.filter { $0.bytes.contains(where: Self.isSpace) }.map(\.bytes.count).max() ?? 0
    let end = spaced > 0 ? bytes.count - spaced + 2 : bytes.count
    let places = spaced > 0 ? specialPlaces(in: bytes) : []
    for offset in stride(from: end - 1, to: 0, by: -1) where Self.isSpace(bytes[offset]) {
      guard !WordScanner.hasSpace(in: bytes, before: offset) else { continue }
      if !places.contains(where: { $0.range.lowerBound < offset && offset < $0.range.upperBound }) { return offset }
    }
    return 0
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }
}
