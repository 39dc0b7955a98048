import Foundation

/// A block of memory that kernels fill once and then only read.
@safe
final class PackedMemory: Sendable {
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount leastByteCount: Int) {
    // Large pages keep weights that are walked through for every token in fewer entries of the translation cache, and in
    // a neater order in the second-level cache.
    let largePage = 1 << 21
    let isLarge = leastByteCount >= largePage
    byteCount = isLarge ? (leastByteCount + largePage - 1) / largePage * largePage : max(leastByteCount, 64)
    unsafe base = .allocate(byteCount: byteCount, alignment: isLarge ? largePage : 64)
    #if os(Linux)
      if isLarge { _ = unsafe madvise(base, byteCount, Int32(MADV_HUGEPAGE)) }
    #endif
  }

  deinit { unsafe base.deallocate() }
}
