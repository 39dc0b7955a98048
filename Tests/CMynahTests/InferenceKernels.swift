import CMynah
import Testing

/// The inference kernels for one instruction set that this machine supports.
@safe
struct InferenceKernels: @unchecked Sendable, CustomTestStringConvertible {
  // Points to constants in C, which are never written.
  private let pointer: UnsafePointer<mynah_inference_kernels>

  var table: mynah_inference_kernels { unsafe pointer.pointee }
  var testDescription: String { unsafe String(cString: table.name) }

  /// The kernels for all instruction sets that this machine supports.
  static let available: [InferenceKernels] = (0..<Int32(MYNAH_INFERENCE_COUNT)).compactMap { number in
    unsafe mynah_inference_at(number).map { unsafe InferenceKernels(pointer: $0) }
  }

  static let weights = [MYNAH_WEIGHTS_FLOAT32, MYNAH_WEIGHTS_BFLOAT16, MYNAH_WEIGHTS_INT8]
}

/// Memory aligned to 64 bytes, followed by guard bytes.
@safe
final class AlignedMemory {
  private let memory: UnsafeMutableRawBufferPointer
  private let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe memory = .allocate(byteCount: byteCount + 64, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xff)
  }

  deinit { unsafe memory.deallocate() }

  var base: UnsafeMutableRawPointer? { unsafe memory.baseAddress }
  var guardIsWhole: Bool { unsafe memory[byteCount...].allSatisfy { $0 == 0xff } }
}

/// The rounded values of packed weights.
enum RoundedWeights {
  static func bfloat16(_ x: Float) -> Double { Double(x.roundedToBFloat16) }

  /// The integers of a row and their scale, which is max |x| / 127 rounded up to 17 significant bits.
  static func int8(_ row: ArraySlice<Float>) -> (integers: [Int], scale: Float) {
    let largest = row.map(abs).max() ?? 0
    guard largest >= 1e-30 else { return (row.map { _ in 0 }, 0) }
    let scale = Float(bitPattern: ((largest / 127).bitPattern + 0x7f) & ~0x7f)
    let inverse = 1 / scale
    return (row.map { Int(($0 * inverse).rounded(.toNearestOrEven)) }, scale)
  }
}
