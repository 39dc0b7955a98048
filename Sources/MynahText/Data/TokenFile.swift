import Foundation
import MynahIO

/// The tokens of a text that may be larger than memory, read on demand from a file that also contains the tokenizer.
///
/// `TextPreparation` creates such files. Opening a file validates all token IDs once, so that a model never gets an ID
/// outside the vocabulary. If `TextPreparation` replaces the file, open instances still read the old one.
public struct TokenFile: TokenSource {
  /// The path of the file.
  public let path: String
  /// The tokenizer of the text.
  public let tokenizer: AnyTokenizer
  private let header: TokenFileHeader
  private let file: InputFile

  /// Returns a Boolean value indicating whether a file has the signature of a token file; false if it cannot be read.
  public static func isTokenFile(_ path: String) -> Bool {
    let magic = TokenFileHeader.magic
    guard let file = try? InputFile(path: path), file.byteCount >= magic.count else { return false }
    return (try? file.bytes(0..<magic.count)) == magic
  }

  /// Opens a file and validates all of it.
  ///
  /// - Throws: `FileError` if it cannot be read, `TextError` if it is corrupt.
  public init(at path: String) throws {
    file = try InputFile(path: path)
    let start = try file.bytes(0..<min(TokenFileHeader.byteCount, file.byteCount))
    header = try TokenFileHeader(start, path: path, fileByteCount: file.byteCount)
    let end = TokenFileHeader.byteCount + header.tokenizerByteCount
    tokenizer = try Self.tokenizer(file.bytes(TokenFileHeader.byteCount..<end), header, path: path)
    self.path = path
    try checkTokens()
  }

  private static func tokenizer(
    _ json: [UInt8], _ header: TokenFileHeader, path: String
  ) throws(TextError) -> AnyTokenizer {
    var hash = SHA256()
    hash.update(json)
    guard hash.digest() == header.tokenizerDigest else {
      throw .malformedTokenFile(
        path: path, expected: "a tokenizer of sha256 \(SHA256.hexadecimal(digest: header.tokenizerDigest).prefix(8))…",
        found: "\(hash.hexadecimal().prefix(8))…")
    }
    do {
      return try JSONDecoder().decode(AnyTokenizer.self, from: Data(json))
    } catch {
      throw .malformedTokenFile(path: path, expected: "a tokenizer that this version supports", found: "another")
    }
  }

  private func checkTokens() throws {
    let known = 0..<Int32(tokenizer.vocabulary.count)
    for start in stride(from: 0, to: count, by: 1 << 18) {
      let ids = try checkedIDs(in: start..<min(start + 1 << 18, count))
      if let unknown = ids.first(where: { !known.contains($0) }) {
        throw TextError.malformedTokenFile(
          path: path, expected: "tokens of a vocabulary of \(known.count)", found: "\(unknown)")
      }
    }
  }

  /// The number of tokens.
  public var count: Int { header.count }
  /// The number of training tokens that are not in the vocabulary and were encoded as `<unk>`.
  public var unknownCount: Int { header.unknownCount }
  /// The length of the text in Unicode scalars.
  public var characterCount: Int { header.characterCount }
  /// The hexadecimal digest of the tokens, with which a resumed run verifies that the text is the same.
  public var digest: String { SHA256.hexadecimal(digest: header.tokensDigest) }
  /// The training tokens.
  public var training: TokenRange { TokenRange(self, 0..<header.trainingCount) }
  /// The validation tokens: those of the last tenth of the text.
  public var validation: TokenRange { TokenRange(self, header.trainingCount..<header.count) }

  public func ids(in range: Range<Int>) -> [Int32] {
    do throws(FileError) {
      return try checkedIDs(in: range)
    } catch {
      // The file was valid when it was opened; a training step cannot recover from a later read error.
      requirementFailure("\(error)")
    }
  }

  private func checkedIDs(in range: Range<Int>) throws(FileError) -> [Int32] {
    require(range.lowerBound >= 0 && range.upperBound <= count, "\(range) lies outside of \(count) tokens")
    let width = header.width
    let start = header.tokensOffset + range.lowerBound * width
    let bytes = try file.bytes(start..<start + range.count * width)
    return unsafe bytes.withUnsafeBytes { bytes in
      (0..<range.count).map { index in
        width == 2
          ? unsafe Int32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
          : unsafe Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
      }
    }
  }
}
