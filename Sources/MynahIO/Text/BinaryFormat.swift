/// A file format that is not text, recognised by its first bytes.
struct BinaryFormat {
  /// The name with its article, such as "a zip archive".
  let name: String
  /// The advice for an error.
  let advice: String

  private static let known: [(start: [UInt8], format: BinaryFormat)] = [
    (
      Array("PK\u{3}\u{4}".utf8),
      BinaryFormat(
        name: "a zip archive or an office document", advice: "unpack the archive, or save the document as plain text")
    ),
    (GzipFile.magic, BinaryFormat(name: "a gzip-compressed file", advice: "decompress it with gunzip")),
    (Array("BZh".utf8), BinaryFormat(name: "a bzip2-compressed file", advice: "decompress it with bunzip2")),
    (
      [0xFD] + Array("7zXZ".utf8), BinaryFormat(name: "an xz-compressed file", advice: "decompress it with unxz")
    ),
    (
      [0x28, 0xB5, 0x2F, 0xFD],
      BinaryFormat(name: "a zstd-compressed file", advice: "decompress it with zstd --decompress")
    ),
    (Array("%PDF-".utf8), BinaryFormat(name: "a PDF document", advice: "export its text, for example with pdftotext")),
    (Array("Rar!".utf8), BinaryFormat(name: "a RAR archive", advice: "unpack it and name a text file in it")),
    (
      [0xD0, 0xCF, 0x11, 0xE0],
      BinaryFormat(name: "a document in an old office format", advice: "save it as plain text in UTF-8")
    ),
  ]

  /// Recognises the format of a file that is not text; nil if it is not known.
  init?(_ start: some Collection<UInt8>) {
    guard let found = Self.known.first(where: { start.starts(with: $0.start) }) else { return nil }
    self = found.format
  }

  private init(name: String, advice: String) { (self.name, self.advice) = (name, advice) }
}
