/// An allocator for a range of addresses, which keeps the free ranges.
package struct AddressSpace: Sendable {
  /// A free range.
  package struct FreeRange: Equatable, Sendable {
    package var first: UInt, byteCount: Int

    package init(first: UInt, byteCount: Int) { (self.first, self.byteCount) = (first, byteCount) }

    var end: UInt { first + UInt(byteCount) }
  }

  /// The free ranges, in ascending order; no two are adjacent.
  package private(set) var free: [FreeRange]

  package init(first: UInt, byteCount: Int) { free = [FreeRange(first: first, byteCount: byteCount)] }

  /// Allocates bytes from the lowest free range that is large enough, to limit fragmentation; nil if there is none.
  package mutating func take(_ byteCount: Int) -> UInt? {
    guard let index = free.firstIndex(where: { $0.byteCount >= byteCount }) else { return nil }
    let address = free[index].first
    if free[index].byteCount == byteCount {
      free.remove(at: index)
    } else {
      free[index].first += UInt(byteCount)
      free[index].byteCount -= byteCount
    }
    return address
  }

  /// Adds bytes to the free ranges; adjacent ranges are merged.
  package mutating func give(_ first: UInt, _ byteCount: Int) {
    var given = FreeRange(first: first, byteCount: byteCount)
    // The first free range after the given one.
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].first < first { low = middle + 1 } else { high = middle }
    }
    var replaced = low..<low
    if low < free.count && free[low].first == given.end {
      given.byteCount += free[low].byteCount
      replaced = low..<low + 1
    }
    if low > 0 && free[low - 1].end == first {
      given.first = free[low - 1].first
      given.byteCount += free[low - 1].byteCount
      replaced = low - 1..<replaced.upperBound
    }
    free.replaceSubrange(replaced, with: [given])
  }
}
