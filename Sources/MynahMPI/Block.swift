#if MPI
import MynahTensors

/// A buffer that MPI sends a message from or receives one into.
@safe
final class Block: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    unsafe base = .allocate(byteCount: max(byteCount, 1), alignment: 16)
    self.byteCount = byteCount
  }

  /// Creates a buffer with a copy of the elements.
  convenience init(_ elements: [some BitwiseCopyable]) {
    self.init(byteCount: unsafe elements.withUnsafeBytes { $0.count })
    unsafe elements.withUnsafeBytes { bytes in
      unsafe UnsafeMutableRawBufferPointer(start: base, count: byteCount).copyMemory(from: bytes)
    }
  }

  deinit { unsafe base.deallocate() }

  var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: base, count: byteCount)) }

  /// The bytes as bfloat16 values, widened to a vector of float32.
  var widened: Tensor {
    var values: [Float] = []
    values.reserveCapacity(byteCount / 2)
    for index in 0..<byteCount / 2 {
      let word = unsafe base.load(fromByteOffset: 2 * index, as: UInt16.self)
      values.append(Float(bfloat16Bits: word))
    }
    return Tensor(values)
  }
}
#endif
