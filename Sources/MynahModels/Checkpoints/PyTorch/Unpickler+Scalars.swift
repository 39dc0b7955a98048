import MynahIO

extension Unpickler {
  /// Reads a number.
  mutating func number(_ opcode: PickleOpcode) throws -> PickleValue {
    switch opcode {
    case .binint: return .integer(Int(try input.number(Int32.self)))
    case .binint1: return .integer(Int(try input.byte()))
    case .binint2: return .integer(Int(try input.number(UInt16.self)))
    case .long1: return .integer(try integer(byteCount: Int(try input.byte())))
    case .long4: return .integer(try integer(byteCount: Int(try input.number(Int32.self))))
    case .binfloat:
      let bits = try input.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return .float(Double(bitPattern: bits))
    default:
      let digits = try input.line()
      // Protocol 1 writes Booleans as these two.
      if digits == "00" || digits == "01" { return .bool(digits == "01") }
      guard let number = Int(digits) else { throw malformed("a whole number of 64 bits", digits.quoted(40)) }
      return .integer(number)
    }
  }

  /// Reads a little-endian integer in two's complement.
  private mutating func integer(byteCount: Int) throws -> Int {
    guard (0...8).contains(byteCount) else { throw malformed("an integer of at most 64 bits", "\(byteCount) bytes") }
    let bytes = try input.bytes(byteCount)
    let sign: UInt64 = bytes.last.map { $0 >= 0x80 } == true ? .max : 0
    return Int(truncatingIfNeeded: bytes.reversed().reduce(sign) { $0 << 8 | UInt64($1) })
  }

  /// Reads a string; Python 2 writes byte strings, which must be UTF-8.
  mutating func text(_ opcode: PickleOpcode) throws -> PickleValue {
    let count =
      switch opcode {
      case .shortBinstring, .shortBinunicode: Int(try input.byte())
      case .binunicode8: try input.longLength()
      default: Int(try input.number(UInt32.self))
      }
    try charge(count)
    return .string(try input.text(try input.bytes(count), at: offset))
  }

  /// Reads bytes.
  mutating func byteString(_ opcode: PickleOpcode) throws -> PickleValue {
    let count =
      switch opcode {
      case .shortBinbytes: Int(try input.byte())
      case .binbytes: Int(try input.number(UInt32.self))
      default: try input.longLength()
      }
    try charge(count)
    return .bytes(try input.bytes(count))
  }

  /// Charges the memory of a string or of bytes; Swift stores strings of at most 15 bytes inline.
  private mutating func charge(_ byteCount: Int) throws {
    if byteCount > 15 && byteCount <= input.remaining { try heap.budget.spend(byteCount + 32) }
  }
}
