import MynahIO

/// A block of float32 values that tensors share until one of them is modified.
///
/// The only `@unchecked Sendable` type of this module: its memory is written only through `Tensor`, which first ensures
/// that its reference is unique (copy on write), so no thread sees another thread's write. Parts of a block are the
/// exception: their users must not write to elements that others use.
@safe
package final class TensorStorage: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int
  /// The pool that the block came from and is returned to; nil for the allocator.
  private let pool: StoragePool?
  /// The block that this one is a part of, which owns the memory; nil if this block owns it.
  private let whole: TensorStorage?
  /// A Boolean value indicating whether the memory may be written to.
  let isWritable: Bool

  /// The alignment in bytes of every block: one cache line and one AVX-512 register.
  package static let alignment = 64

  /// Allocates a block whose contents are undefined, from the pool of the current task if it has one.
  package init(uninitialized count: Int) {
    let byteCount = Self.byteCount(count)
    var pool = StoragePool.current(forByteCount: byteCount)
    var bytes = unsafe pool?.take(byteCount)
    if unsafe bytes == nil {
      pool = nil
      unsafe bytes = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: Self.alignment)
    }
    guard let bytes = unsafe bytes else { requirementFailure("the allocator returned no memory") }
    unsafe base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
    self.pool = pool
    (whole, isWritable) = (nil, true)
  }

  /// Creates a block from some elements of another one, whose memory it shares and keeps.
  init(_ elements: Range<Int>, of whole: TensorStorage, isWritable: Bool) {
    unsafe base = whole.base + elements.lowerBound
    count = elements.count
    pool = nil
    (self.whole, self.isWritable) = (whole, isWritable)
  }

  deinit {
    guard whole == nil else { return }
    let bytes = unsafe UnsafeMutableRawPointer(base)
    if let pool { unsafe pool.give(bytes, Self.byteCount(count)) } else { unsafe bytes.deallocate() }
  }

  private static func byteCount(_ count: Int) -> Int { max(count, 1) * MemoryLayout<Float>.stride }
}
