/// A block of float32 memory that tensors share until one of them writes.
///
/// The one `@unchecked Sendable` type of the library: its memory is written only through `Tensor`, which first makes
/// sure that its reference is the only one (copy on write), so no two threads ever see a write.
@safe
package final class TensorStorage: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  /// The alignment in bytes of every block: one cache line and one AVX-512 register.
  package static let alignment = 64

  /// Allocates a block whose contents are undefined.
  package init(uninitialized count: Int) {
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: Self.alignment)
    unsafe base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { unsafe UnsafeMutableRawPointer(base).deallocate() }
}
