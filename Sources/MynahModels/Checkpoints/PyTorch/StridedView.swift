import MynahIO
import MynahTensors

/// The positions of a tensor's elements in memory.
///
/// The element of index (i₀, i₁, …) is at offset + Σ iₖ · strideₖ, counted in elements.
struct StridedView: Hashable {
  let offset: Int
  let sizes: [Int]
  /// 0 for axes of size 1 or less, so equal views are equal.
  let strides: [Int]
  let elementCount: Int

  /// The maximum number of axes, as in PyTorch.
  static let maximumRank = 64

  /// A violation of the rules of a view.
  struct Defect: Error {
    let expected, found: String
  }

  /// Creates a view of some elements of a storage.
  ///
  /// - Throws: `Defect` if a number is negative or an element is outside of the storage.
  init(offset: Int, sizes: [Int], strides: [Int], in storageElementCount: Int) throws(Defect) {
    guard sizes.count == strides.count, sizes.count <= Self.maximumRank else {
      throw Defect(
        expected: "at most \(Self.maximumRank) sizes and as many strides",
        found: "\(sizes.count) and \(strides.count)")
    }
    guard offset >= 0, sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else {
      throw Defect(
        expected: "numbers of 0 or more", found: "the offset \(offset), sizes \(sizes) and strides \(strides)")
    }
    var count = 1
    // The offset of the element furthest from the start; nil on overflow.
    var last: Int? = offset
    for (size, stride) in zip(sizes, strides) {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw Defect(expected: "fewer than 2^63 elements", found: "the sizes \(sizes)") }
      count = product
      let (distance, overflowOfDistance) = max(0, size - 1).multipliedReportingOverflow(by: stride)
      last = last.flatMap { last in
        let (sum, overflowOfSum) = last.addingReportingOverflow(distance)
        return overflowOfDistance || overflowOfSum ? nil : sum
      }
    }
    guard count == 0 || last.map({ $0 < storageElementCount }) == true else {
      throw Defect(
        expected: "elements within a storage of \(storageElementCount)",
        found: "the offset \(offset), sizes \(sizes) and strides \(strides)")
    }
    self.offset = offset
    self.sizes = sizes
    self.strides = zip(sizes, strides).map { $0 > 1 ? $1 : 0 }
    elementCount = count
  }

  /// A Boolean value indicating whether the elements are in row-major order without gaps.
  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(sizes, strides).reversed() where size != 1 {
      if stride != expected && size > 1 { return false }
      expected *= size
    }
    return true
  }

  /// Copies the elements to memory in row-major order.
  ///
  /// - Precondition: `target` has the size of all elements, and `source` contains the storage.
  func copy(from source: RawSpan, to target: UnsafeMutableRawBufferPointer, elementByteCount: Int) {
    require(target.count == elementCount * elementByteCount, "the target has the size of the elements")
    if elementCount == 0 { return }
    if isContiguous {
      let start = offset * elementByteCount
      let part = source.extracting(start..<start + elementCount * elementByteCount)
      unsafe part.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
      return
    }
    switch elementByteCount {
    case 1: unsafe copyElements(UInt8.self, from: source, to: target)
    case 2: unsafe copyElements(UInt16.self, from: source, to: target)
    case 4: unsafe copyElements(UInt32.self, from: source, to: target)
    case 8: unsafe copyElements(UInt64.self, from: source, to: target)
    default: requirementFailure("elements have 1, 2, 4 or 8 bytes, not \(elementByteCount)")
    }
  }

  private func copyElements<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ type: Bits.Type, from source: RawSpan, to target: UnsafeMutableRawBufferPointer
  ) {
    let (byteCount, innermost) = (MemoryLayout<Bits>.size, sizes.count - 1)
    var index = [Int](repeating: 0, count: sizes.count)
    var (position, written) = (offset, 0)
    while true {
      for column in 0..<sizes[innermost] {
        let place = (position + column * strides[innermost]) * byteCount
        let bits = unsafe source.unsafeLoadUnaligned(fromByteOffset: place, as: type)
        unsafe target.storeBytes(of: bits, toByteOffset: written * byteCount, as: type)
        written += 1
      }
      // The next index of the outer axes; the last axis changes fastest.
      var axis = innermost - 1
      while axis >= 0 {
        index[axis] += 1
        position += strides[axis]
        if index[axis] < sizes[axis] { break }
        position -= strides[axis] * sizes[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
