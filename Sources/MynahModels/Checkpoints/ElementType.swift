/// The element types of the safetensors format, under the format's names.
///
/// Source: `Dtype` of the format's own implementation, whose order is the order in a file: smallest alignment first.
public enum ElementType: String, CaseIterable, Hashable, Sendable {
  case bool = "BOOL"
  case float4 = "F4"
  case float6E2M3 = "F6_E2M3"
  case float6E3M2 = "F6_E3M2"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case float8E8M0 = "F8_E8M0"
  case float8E4M3FNUZ = "F8_E4M3FNUZ"
  case float8E5M2FNUZ = "F8_E5M2FNUZ"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// The number of bits per element; fewer than eight for the packed types.
  public var bitCount: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .complex64, .float64, .int64, .uint64: 64
    }
  }

  /// Returns the number of bytes of this many elements, or nil if it is not whole or overflows an `Int`.
  func byteCount(ofElements elementCount: Int) -> Int? {
    let (bits, overflow) = elementCount.multipliedReportingOverflow(by: bitCount)
    return overflow || bits % 8 != 0 ? nil : bits / 8
  }
}

extension ElementType: CustomStringConvertible {
  public var description: String { rawValue }
}

/// A Swift type whose arrays are stored as they are in memory.
///
/// Only the library's own conformances are meaningful: each has the element type of exactly its size and kind.
public protocol StoredElement: BitwiseCopyable, Sendable {
  /// The format's name for the type.
  static var elementType: ElementType { get }
}

extension Int8: StoredElement { public static var elementType: ElementType { .int8 } }
extension UInt8: StoredElement { public static var elementType: ElementType { .uint8 } }
extension Int32: StoredElement { public static var elementType: ElementType { .int32 } }
extension UInt32: StoredElement { public static var elementType: ElementType { .uint32 } }
extension Int64: StoredElement { public static var elementType: ElementType { .int64 } }
extension UInt64: StoredElement { public static var elementType: ElementType { .uint64 } }
extension Float: StoredElement { public static var elementType: ElementType { .float32 } }
extension Double: StoredElement { public static var elementType: ElementType { .float64 } }
