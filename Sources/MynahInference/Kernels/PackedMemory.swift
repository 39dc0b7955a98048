import Foundation

/// A block of memory that kernels fill once and then only read.
@safe
final class PackedMemory: Sendable {
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount minimumByteCount: Int) {
    // Every token reads all weights: with large pages they need fewer TLB entries and are laid out in order in the
    // second-level cache.
    let largePage = 1 << 21
    let isLarge = minimumByteCount >= largePage
    byteCount = isLarge ? (minimumByteCount + largePage - 1) / largePage * largePage : max(minimumByteCount, 64)
    unsafe base = .allocate(byteCount: byteCount, alignment: isLarge ? largePage : 64)
    #if os(Linux)
    if isLarge { _ = unsafe madvise(base, byteCount, Int32(MADV_HUGEPAGE)) }
    #endif
  }

  deinit { unsafe base.deallocate() }
}
