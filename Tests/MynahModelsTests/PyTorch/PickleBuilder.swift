/// A writer of pickles, opcode by opcode.
struct PickleBuilder {
  var bytes: [UInt8] = [0x80, 2]

  static func + (left: PickleBuilder, right: [UInt8]) -> PickleBuilder {
    var result = left
    result.bytes += right
    return result
  }

  /// The bytes followed by the opcode STOP.
  var ended: [UInt8] { bytes + [0x2E] }

  /// Opcodes that are single bytes.
  static func op(_ characters: String) -> [UInt8] { Array(characters.utf8) }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  static func text(_ text: String) -> [UInt8] {
    [0x58] + (0..<4).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) } + Array(text.utf8)
  }

  /// LONG1 with eight bytes.
  static func integer(_ number: Int) -> [UInt8] {
    [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  static func tuple(_ items: [[UInt8]]) -> [UInt8] { op("(") + items.flatMap { $0 } + op("t") }

  static func dictionary(_ entries: [(key: String, value: [UInt8])]) -> [UInt8] {
    op("}(") + entries.flatMap { text($0.key) + $0.value } + op("u")
  }

  static func storage(_ key: String, count: Int, type: String = "FloatStorage") -> [UInt8] {
    tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count)]) + op("Q")
  }

  /// A tensor of one storage.
  static func tensor(
    key: String = "0", storageCount: Int = 4, type: String = "FloatStorage", offset: Int = 0, sizes: [Int],
    strides: [Int]
  ) -> [UInt8] {
    let view = [integer(offset), tuple(sizes.map(integer)), tuple(strides.map(integer))]
    let rest = [[0x89], global("collections", "OrderedDict") + op(")R")]
    return global("torch._utils", "_rebuild_tensor_v2")
      + tuple([storage(key, count: storageCount, type: type)] + view + rest) + op("R")
  }

  /// An object of a class with a state.
  static func object(_ module: String, _ name: String, _ state: [(key: String, value: [UInt8])]) -> [UInt8] {
    global(module, name) + op(")") + [0x81] + dictionary(state) + op("b")
  }
}
