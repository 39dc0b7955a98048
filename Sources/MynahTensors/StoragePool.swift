import Foundation
import Synchronization

/// A memory pool for tensors: a range of address space whose blocks are reused instead of returned to the system, which
/// would have to map every page again.
///
/// Each step of a training run or of a long text needs the same blocks: from the second step on, nothing is allocated
/// from the system, and the pool is as large as the peak memory use. Blocks are taken from the pool of the current task
/// and returned to the pool that they came from.
package final class StoragePool: Sendable {
  /// The pool of the current task; if nil, tensors use the allocator.
  @TaskLocal private static var currentPool: StoragePool?

  /// The minimum size of a block in the pool; smaller blocks are left to the allocator, which handles them quickly.
  static let smallestByteCount = 1 << 14

  /// The size of a page; blocks consist of whole pages.
  private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))

  private struct State: Sendable {
    /// The ranges for blocks below `largeByteCount` and for larger ones; long-lived small blocks do not split large
    /// free ranges.
    var small: AddressSpace, large: AddressSpace
    var isClosed = false
  }

  private static let largeByteCount = 1 << 20

  private let state: Mutex<State>
  private let first: UInt, byteCount: Int

  /// Reserves address space, whose pages use no memory before they are written; nil if the system refuses.
  private init?() {
    var byteCount = Int(clamping: ProcessInfo.processInfo.physicalMemory) / Self.pageByteCount * Self.pageByteCount
    while byteCount > 1 << 30 {
      let flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE
      if let base = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0),
        UInt(bitPattern: base) != .max
      {
        (first, self.byteCount) = (UInt(bitPattern: base), byteCount)
        let smallCount = byteCount / 16 / Self.pageByteCount * Self.pageByteCount
        Self.askForHugePages(first + UInt(smallCount), byteCount - smallCount)
        state = Mutex(
          State(
            small: AddressSpace(first: first, byteCount: smallCount),
            large: AddressSpace(first: first + UInt(smallCount), byteCount: byteCount - smallCount)))
        return
      }
      byteCount /= 2 * Self.pageByteCount
      byteCount *= Self.pageByteCount
    }
    return nil
  }

  deinit {
    if let base = unsafe UnsafeMutableRawPointer(bitPattern: first) { _ = unsafe munmap(base, byteCount) }
  }

  /// Calls `body` with a new pool.
  ///
  /// At the end, free blocks are returned to the system, and blocks in use when they are freed.
  package static func recycling<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let pool = StoragePool() else { return try body() }
    defer { pool.close() }
    return try $currentPool.withValue(pool, operation: body)
  }

  /// Returns the pool for a block of some size.
  static func current(forByteCount byteCount: Int) -> StoragePool? {
    byteCount < smallestByteCount ? nil : currentPool
  }

  /// Returns a page-aligned block of at least the given size; nil if there is no room.
  func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let byteCount = Self.pages(byteCount)
    let address = state.withLock { state in
      byteCount < Self.largeByteCount ? state.small.take(byteCount) : state.large.take(byteCount)
    }
    return unsafe address.flatMap { unsafe UnsafeMutableRawPointer(bitPattern: $0) }
  }

  /// Returns a block that was taken with the given size to the pool.
  func give(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
    let (address, byteCount) = (UInt(bitPattern: block), Self.pages(byteCount))
    state.withLock { state in
      // This must happen before the block can be reused.
      if state.isClosed { Self.discard(address, byteCount) }
      if byteCount < Self.largeByteCount {
        state.small.give(address, byteCount)
      } else {
        state.large.give(address, byteCount)
      }
    }
  }

  private func close() {
    state.withLock { state in
      state.isClosed = true
      for range in state.small.free + state.large.free { Self.discard(range.first, range.byteCount) }
    }
  }

  private static func pages(_ byteCount: Int) -> Int {
    (byteCount + pageByteCount - 1) / pageByteCount * pageByteCount
  }

  /// Requests huge pages (2 MiB) for the large blocks, if the system supports them.
  ///
  /// Their rows are several KiB apart, so huge pages reduce TLB misses; large blocks are contiguous, so this costs a
  /// few MiB at most.
  private static func askForHugePages(_ address: UInt, _ byteCount: Int) {
    #if os(Linux)
    let hugePages: Int32 = 14  // MADV_HUGEPAGE
    if let base = unsafe UnsafeMutableRawPointer(bitPattern: address) {
      _ = unsafe madvise(base, byteCount, hugePages)
    }
    #endif
  }

  /// Returns pages whose contents are not needed to the system.
  private static func discard(_ address: UInt, _ byteCount: Int) {
    if let base = unsafe UnsafeMutableRawPointer(bitPattern: address) {
      _ = unsafe madvise(base, byteCount, MADV_DONTNEED)
    }
  }
}
