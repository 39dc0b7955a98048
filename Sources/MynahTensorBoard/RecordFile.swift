package import Foundation
package import MynahIO

/// A file of records, each with its length and two checksums, in TensorFlow's TFRecord format.
///
///     length (8 bytes), masked CRC-32C of the length, data, masked CRC-32C of the data; little-endian
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

  /// Returns a record framed with its length and its checksums.
  package static func framed(_ record: Data) -> Data {
    let length = UInt64(record.count).littleEndianBytes
    return Data(length + maskedChecksum(length).littleEndianBytes) + record + maskedChecksum(record).littleEndianBytes
  }

  /// Returns the masked checksum that record files store.
  ///
  /// Masking is needed because the CRC of data that contains CRCs is unreliable.
  package static func maskedChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = CRC32.castagnoli.checksum(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
