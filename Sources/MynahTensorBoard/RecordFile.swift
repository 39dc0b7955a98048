package import Foundation
package import MynahIO

/// A file of records, each with its length and two checksums: TensorFlow's TFRecord.
///
///     length (8 bytes), masked CRC-32C of these 8, the bytes, masked CRC-32C of the bytes; little-endian
package struct RecordFile {
  package var path: String { file.path }
  private let file: AppendedFile
  private var buffer = Data()

  /// Creates a file.
  package init(path: String) throws(FileError) { file = try AppendedFile(path: path) }

  /// Appends a record.
  package mutating func append(_ record: Data) throws(FileError) {
    buffer += Self.framed(record)
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Writes the buffered records.
  package mutating func flush() throws(FileError) {
    try file.append(buffer)
    buffer = Data()
  }

  /// A record with its length and its checksums.
  package static func framed(_ record: Data) -> Data {
    let length = UInt64(record.count).littleEndianBytes
    return Data(length + maskedChecksum(length).littleEndianBytes) + record + maskedChecksum(record).littleEndianBytes
  }

  /// The checksum as record files store it, so that a checksum of bytes that include checksums stays a good one.
  package static func maskedChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = CRC32.castagnoli.checksum(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
