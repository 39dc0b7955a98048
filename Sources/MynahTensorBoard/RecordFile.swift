package import Foundation
import MynahIO

/// A file of records, each with its length and two checksums: TensorFlow's TFRecord.
///
///     length (8 bytes), masked CRC-32C of these 8, the bytes, masked CRC-32C of the bytes; little-endian
package struct RecordFile {
  package let path: String
  private let file: FileHandle
  private var buffer = Data()

  /// Makes a new file.
  package init(path: String) throws(TensorBoardError) {
    self.path = path
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { throw TensorBoardError(path: path, reason: "the file cannot be made") }
    self.file = file
  }

  /// Adds a record.
  package mutating func append(_ record: Data) throws(TensorBoardError) {
    buffer += Self.framed(record)
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Writes what is buffered.
  package mutating func flush() throws(TensorBoardError) {
    do {
      try file.write(contentsOf: buffer)
    } catch {
      throw TensorBoardError(path: path, reason: error.localizedDescription)
    }
    buffer = Data()
  }

  /// A record with its length and its checksums.
  package static func framed(_ record: Data) -> Data {
    let length = bytes(of: UInt64(record.count))
    return Data(length) + Data(bytes(of: maskedChecksum(length))) + record + Data(bytes(of: maskedChecksum(record)))
  }

  /// The checksum as record files store it, so that a checksum of bytes that include checksums stays a good one.
  package static func maskedChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = CRC32.castagnoli.checksum(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}

/// A log for TensorBoard cannot be written.
public struct TensorBoardError: Error, Hashable, Sendable {
  /// The file or folder.
  public let path: String
  /// Why, in words.
  public let reason: String
}

extension TensorBoardError: CustomStringConvertible {
  public var description: String {
    "the log \(path.quoted()) cannot be written: \(reason); name another folder or make room"
  }
}
