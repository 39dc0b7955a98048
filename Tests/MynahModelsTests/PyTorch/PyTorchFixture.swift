import Foundation
import MynahIO
import MynahModels
import TestSupport
import Testing

/// The files that `Scripts/golden-pytorch-files.py` writes, and files built from single opcodes.
enum PyTorchFixture {
  /// The path of a file.
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appending(path: "Fixtures/PyTorch/" + name).path(percentEncoded: false)
  }

  /// The bytes of a file.
  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: try path(name))))
  }

  static func file(_ name: String, key: String? = nil) throws -> PyTorchFile {
    try PyTorchFile(contentsOf: try path(name), key: key)
  }

  static func read(_ bytes: [UInt8], key: String? = nil) throws -> PyTorchFile {
    try PyTorchFile(.memory(bytes, path: "model.pt"), key: key)
  }

  /// An archive with a pickle and storages; the default storage has four float32 elements.
  static func archive(
    _ pickle: [UInt8], storages: [(String, [UInt8])] = [("0", [UInt8](repeating: 0, count: 16))]
  ) -> ArchiveBuilder {
    ArchiveBuilder(
      [("a/data.pkl", pickle), ("a/byteorder", Array("little".utf8))] + storages.map { ("a/data/" + $0.0, $0.1) })
  }

  /// A file in the legacy format.
  static func legacy(
    _ pickle: [UInt8], storages: [(key: String, count: Int, bytes: [UInt8])] = [], littleEndian: Bool = true
  ) -> [UInt8] {
    typealias P = PickleBuilder
    let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    let version = (P() + P.integer(1001)).ended
    let machine = (P() + P.dictionary([("little_endian", [littleEndian ? 0x88 : 0x89])])).ended
    let keys = (P() + P.op("](") + storages.flatMap { P.text($0.key) } + P.op("e")).ended
    let data = storages.flatMap { Int64($0.count).littleEndianBytes + $0.bytes }
    return magic + version + machine + pickle + keys + data
  }

  /// The bytes of float32 elements.
  static func floats(_ numbers: [Float]) -> [UInt8] { numbers.flatMap { $0.bitPattern.littleEndianBytes } }
}
