import CMynah
import MynahTensors
import TestSupport
import Testing

struct PackedProductTests {
  static let rows = [1, 2, 3, 5, 6, 7, 13, 16, 33], columns = [1, 2, 3, 4, 5, 16, 31, 65],
    outputs = [1, 3, 16, 17, 63, 64, 65, 130]

  /// y = start + x·Wᵀ, computed by the kernels.
  private func product(
    _ kernels: InferenceKernels, _ kind: mynah_weights, threads: Int32, start: [Float]?, x: [Float], w: [Float],
    batch: Int, rows: Int, columns: Int
  ) -> [Float] {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let (weights, inputs) = (GuardedMemory(w, misalignment: 1), GuardedMemory(x, misalignment: 2))
    let y = GuardedMemory([Float](repeating: .nan, count: batch * rows), misalignment: 3)
    var matrix = unsafe mynah_packed(kind: kind, rows: rows, columns: columns, blocks: 0, panels: nil)
    let panels = AlignedMemory(byteCount: unsafe kernels.table.packed_bytes(&matrix))
    unsafe kernels.table.pack(team, panels.base, &matrix, weights.base)
    unsafe matrix.panels = UnsafeRawPointer(panels.base)
    let workspace = AlignedMemory(byteCount: unsafe kernels.table.multiply_packed_bytes(&matrix, batch))
    let first = start.map { GuardedMemory($0, misalignment: 1) }
    unsafe kernels.table.multiply_packed(team, y.base, first?.base, inputs.base, &matrix, batch, workspace.base)
    #expect(y.guardsAreWhole && weights.guardsAreWhole && panels.guardIsWhole && workspace.guardIsWhole)
    return y.elements
  }

  @Test(
    "A product with packed weights matches the textbook at awkward sizes, with the same bits on two threads",
    arguments: InferenceKernels.available, InferenceKernels.weights)
  func textbook(_ kernels: InferenceKernels, _ kind: mynah_weights) {
    var random = RandomSource(seed: 3)
    let numbers = (0..<20_000).map { _ in random.uniform(in: -1..<1) }
    for batch in Self.rows {
      for rows in Self.outputs {
        for columns in Self.columns {
          let shift = (batch + 3 * rows + 5 * columns) % 1000
          let w = Array(numbers[shift..<shift + rows * columns])
          let x = Array(numbers[9000 + shift..<9000 + shift + batch * columns])
          let start = columns % 2 == 0 ? Array(numbers[shift..<shift + rows]) : nil
          let found = product(
            kernels, kind, threads: 1, start: start, x: x, w: w, batch: batch, rows: rows, columns: columns)
          let expected = Self.textbook(kind, start: start, x: x, w: w, columns: columns)
          let error = largestRelativeDifference(found, expected, floor: 1)
          if !(error <= 2e-6) { Issue.record("\(batch)×\(rows)×\(columns): error \(error)") }
          let shared = product(
            kernels, kind, threads: 2, start: start, x: x, w: w, batch: batch, rows: rows, columns: columns)
          if shared.bits != found.bits { Issue.record("\(batch)×\(rows)×\(columns): two threads give other bits") }
        }
      }
    }
  }

  private static func textbook(
    _ kind: mynah_weights, start: [Float]?, x: [Float], w: [Float], columns: Int
  ) -> [Double] {
    let (batch, rows) = (x.count / columns, w.count / columns)
    func row(_ numbers: [Float], _ index: Int) -> ArraySlice<Float> { numbers[index * columns..<(index + 1) * columns] }
    return (0..<batch).flatMap { b in
      (0..<rows).map { r in
        let first = start.map { Double($0[r]) } ?? 0
        switch kind {
        case MYNAH_WEIGHTS_INT8:
          let (left, right) = (RoundedWeights.int8(row(x, b)), RoundedWeights.int8(row(w, r)))
          let sum = zip(left.integers, right.integers).reduce(0) { $0 + $1.0 * $1.1 }
          return first + Double(sum) * Double(left.scale) * Double(right.scale)
        case MYNAH_WEIGHTS_BFLOAT16:
          return first
            + zip(row(x, b), row(w, r)).reduce(0) {
              $0 + RoundedWeights.bfloat16($1.0) * RoundedWeights.bfloat16($1.1)
            }
        default:
          return first + zip(row(x, b), row(w, r)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
      }
    }
  }

  @Test("Integer products have the same bits on every instruction set, even for the largest sums")
  func exactIntegers() {
    var random = RandomSource(seed: 4)
    let drawn = (0..<3 * 1030 + 70 * 1030).map { _ in random.uniform(in: -1..<1) }
    let extreme = drawn.indices.map { Float($0 % 2 == 0 ? 1 : -1) }
    for numbers in [drawn, extreme] {
      let results = InferenceKernels.available.map {
        product(
          $0, MYNAH_WEIGHTS_INT8, threads: 1, start: nil, x: Array(numbers[..<3090]), w: Array(numbers[3090...]),
          batch: 3, rows: 70, columns: 1030)
      }
      #expect(!results.isEmpty && results.allSatisfy { $0.bits == results[0].bits })
    }
    // 127² times the maximum number of columns still fits.
    let most = Int(MYNAH_INT8_MOST_COLUMNS)
    for sign: Float in [1, -1] {
      let w = [Float](repeating: sign, count: most)
      for kernels in InferenceKernels.available {
        let found = product(
          kernels, MYNAH_WEIGHTS_INT8, threads: 1, start: nil, x: [Float](repeating: 1, count: most), w: w, batch: 1,
          rows: 1, columns: most)
        #expect(abs(found[0] / Float(most) * sign - 1) < 1e-4)
      }
    }
  }

  @Test(
    "A stream's results do not depend on its neighbours", arguments: InferenceKernels.available,
    InferenceKernels.weights)
  func independentRows(_ kernels: InferenceKernels, _ kind: mynah_weights) {
    var random = RandomSource(seed: 5)
    let (batch, rows, columns) = (37, 70, 37)
    let x = (0..<batch * columns).map { _ in random.uniform(in: -1..<1) }
    let w = (0..<rows * columns).map { _ in random.uniform(in: -1..<1) }
    let together = product(
      kernels, kind, threads: 1, start: nil, x: x, w: w, batch: batch, rows: rows, columns: columns)
    let alone = (0..<batch).flatMap {
      product(
        kernels, kind, threads: 1, start: nil, x: Array(x[$0 * columns..<($0 + 1) * columns]), w: w, batch: 1,
        rows: rows, columns: columns)
    }
    #expect(together.bits == alone.bits)
  }

  @Test(
    "Rows are rounded as in the textbook and idempotently; a non-finite element gives a non-finite scale",
    arguments: InferenceKernels.available)
  func quantizedRows(_ kernels: InferenceKernels) {
    func rounded(_ x: [Float], columns: Int) -> (integers: [Int8], scales: [Float]) {
      let source = GuardedMemory(x, misalignment: 1), scales = GuardedMemory(x.map { _ in 7 }, misalignment: 2)
      var integers = [Int8](repeating: 99, count: x.count + 1)
      unsafe kernels.table.quantize_rows(&integers, scales.base, source.base, x.count / columns, columns)
      #expect(integers.last == 99 && source.guardsAreWhole && scales.guardsAreWhole)
      return (integers.dropLast(), Array(scales.elements.prefix(x.count / columns)))
    }
    var random = RandomSource(seed: 6)
    for columns in [1, 2, 7, 8, 15, 16, 17, 63, 65] {
      let x = (0..<5 * columns).map { index in
        index / columns == 3 ? 0 : random.uniform(in: -1..<1) * Float(index / columns + 1)
      }
      let found = rounded(x, columns: columns)
      for row in 0..<5 {
        let range = row * columns..<(row + 1) * columns
        let expected = RoundedWeights.int8(x[range])
        #expect(found.integers[range].map(Int.init) == expected.integers && found.scales[row] == expected.scale)
      }
      let again = zip(found.integers, found.integers.indices).map { Float($0) * found.scales[$1 / columns] }
      let second = rounded(again, columns: columns)
      #expect(second.integers == found.integers && second.scales == found.scales)
    }
    for damage: Float in [.nan, .infinity, -.infinity] {
      #expect(!rounded([1, damage, 2], columns: 3).scales[0].isFinite)
    }
  }
}
