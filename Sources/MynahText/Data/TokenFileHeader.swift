import MynahIO

/// The header of a token file; all integers are little-endian.
///
///     offset  bytes
///          0      8  "MYNAHTOK"
///          8      4  the version, 1
///         12      4  the width of a token: 2 or 4 bytes
///         16      8  the number of tokens
///         24      8  the number of training tokens, which precede the validation tokens
///         32      8  the number of unknown training tokens
///         40      8  the length of the tokenizer's JSON, which starts at byte 128
///         48      8  the offset of the tokens: a multiple of 64
///         56      8  the length of the text in characters
///         64     32  the SHA-256 of the tokenizer's JSON
///         96     32  the tokens' digest: the SHA-256 of the SHA-256 hashes of the chunks as they were written
struct TokenFileHeader: Hashable {
  static let magic = Array("MYNAHTOK".utf8)
  static let version: UInt64 = 1
  static let byteCount = 128
  static let alignment = 64

  var width = 4
  var count = 0
  var trainingCount = 0
  var unknownCount = 0
  var tokenizerByteCount = 0
  var tokensOffset = 0
  var characterCount = 0
  var tokenizerDigest: [UInt8] = []
  var tokensDigest: [UInt8] = []

  /// Creates the header of a file whose tokens have not been written yet.
  init(width: Int, tokenizerJSON: [UInt8]) {
    self.width = width
    tokenizerByteCount = tokenizerJSON.count
    let end = Self.byteCount + tokenizerByteCount
    tokensOffset = (end + Self.alignment - 1) / Self.alignment * Self.alignment
    var hash = SHA256()
    hash.update(tokenizerJSON)
    tokenizerDigest = hash.digest()
    tokensDigest = Array(repeating: 0, count: 32)
  }

  /// The serialized header.
  var bytes: [UInt8] {
    let counts = [count, trainingCount, unknownCount, tokenizerByteCount, tokensOffset, characterCount]
    return Self.magic + UInt32(Self.version).littleEndianBytes + UInt32(width).littleEndianBytes
      + counts.flatMap { UInt64($0).littleEndianBytes } + tokenizerDigest + tokensDigest
  }

  /// Parses a header and validates its fields against each other and the file size.
  ///
  /// - Throws: `TextError.malformedTokenFile`.
  init(_ bytes: [UInt8], path: String, fileByteCount: Int) throws(TextError) {
    func expect(_ isSo: Bool, _ expected: String, _ found: String) throws(TextError) {
      guard isSo else { throw .malformedTokenFile(path: path, expected: expected, found: found) }
    }
    func number(_ offset: Int, _ byteCount: Int = 8) -> UInt64 {
      UInt64(littleEndianBytes: bytes[offset..<offset + byteCount])
    }
    try expect(bytes.count == Self.byteCount, "a header of \(Self.byteCount) bytes", "\(bytes.count)")
    try expect(bytes.starts(with: Self.magic), "\"MYNAHTOK\" at its beginning", "something else")
    try expect(number(8, 4) == Self.version, "version \(Self.version)", "\(number(8, 4)), perhaps from a newer version")
    let values = (0..<6).map { number(16 + 8 * $0) }
    // Small enough that no sum or product below overflows.
    try expect(values.allSatisfy { $0 < 1 << 48 }, "numbers below 2⁴⁸", "\(values.max() ?? 0)")
    width = Int(number(12, 4))
    (count, trainingCount, unknownCount) = (Int(values[0]), Int(values[1]), Int(values[2]))
    (tokenizerByteCount, tokensOffset, characterCount) = (Int(values[3]), Int(values[4]), Int(values[5]))
    tokenizerDigest = Array(bytes[64..<96])
    tokensDigest = Array(bytes[96..<128])
    try expect(width == 2 || width == 4, "tokens of 2 or 4 bytes", "\(width)")
    try expect(trainingCount <= count, "at most \(count) training tokens", "\(trainingCount)")
    try expect(unknownCount <= trainingCount, "at most \(trainingCount) unknown tokens", "\(unknownCount)")
    let end = Self.byteCount + tokenizerByteCount
    try expect(
      tokensOffset >= end && tokensOffset < end + Self.alignment && tokensOffset.isMultiple(of: Self.alignment),
      "tokens after the tokenizer's end at byte \(end)", "byte \(tokensOffset)")
    let byteCount = tokensOffset + count * width
    try expect(
      fileByteCount == byteCount, "\(byteCount) bytes for \(count) tokens", "\(fileByteCount); was it cut short?")
  }
}
