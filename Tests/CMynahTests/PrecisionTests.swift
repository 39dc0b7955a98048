import CMynah
import CMynahTextbook
import MynahTensors
import TestSupport
import Testing

/// Matrix products, scans and losses in bfloat16, and the accuracy of float32 products.
struct PrecisionTests {
  static let bfloat16Sets = InstructionSet.available.filter { unsafe $0.kernels.has_bfloat16 }
  static let layouts = [(false, false), (false, true), (true, false), (true, true)]

  /// m, n, k: full and partial tiles, odd k, more than one block of k.
  static let sizes = [
    (1, 1, 1), (2, 3, 2), (7, 9, 31), (16, 16, 32), (17, 33, 33), (33, 65, 64), (60, 100, 257), (129, 31, 513),
    (161, 15, 96), (5, 300, 1030), (0, 4, 4), (4, 4, 0),
  ]

  @Test("A bfloat16 product matches the textbook product of the rounded factors", arguments: bfloat16Sets)
  func product(_ set: InstructionSet) {
    for (m, n, k) in Self.sizes {
      for (transposingA, transposingB) in Self.layouts {
        let problem = Product(m: m, n: n, k: k, transposingA: transposingA, transposingB: transposingB)
        let rounded = Product(problem, rounding: true)
        let found = problem.result(set, precision: MYNAH_BFLOAT16)
        #expect(largestRelativeDifference(found, rounded.reference, floor: 1) < 5e-5, "\(m)×\(n)×\(k)")
        for threads in [2, 3] as [Int32] {
          #expect(problem.result(set, precision: MYNAH_BFLOAT16, threads: threads) == found, "\(m)×\(n)×\(k)")
        }
      }
    }
  }

  @Test("Rounding to bfloat16 is to nearest, ties to even, and preserves infinities and NaN", arguments: bfloat16Sets)
  func rounding(_ set: InstructionSet) {
    // 1 + 2⁻⁸ is halfway between 1 and 1 + 2⁻⁷, and 1 + 3·2⁻⁸ is halfway between 1 + 2⁻⁷ and 1 + 2⁻⁶.
    let numbers: [Float] = [1, 1 + 0x1p-8, 1 + 0x1.8p-7, 1 + 0x1.01p-8, -1 - 0x1p-8, 3.14159, 1e30, -1e-30, .infinity]
    for number in numbers {
      let problem = Product(a: [number], b: [1], m: 1, n: 1, k: 1)
      #expect(problem.result(set, precision: MYNAH_BFLOAT16) == [number.roundedToBFloat16])
    }
    let nan = Product(a: [.nan], b: [1], m: 1, n: 1, k: 1).result(set, precision: MYNAH_BFLOAT16)
    #expect(nan[0].isNaN)
  }

  @Test("Packing B beforehand does not change the bits of a product", arguments: InstructionSet.available)
  func packedOnce(_ set: InstructionSet) {
    for (m, n, k) in Self.sizes where k > 0 {
      for precision in [MYNAH_FLOAT32, MYNAH_BFLOAT16] {
        for transposingB in [false, true] {
          let problem = Product(m: m, n: n, k: k, transposingB: transposingB)
          #expect(problem.resultPackedOnce(set, precision: precision) == problem.result(set, precision: precision))
        }
      }
    }
  }

  @Test(
    "A float32 product is at least as accurate as multiply-adds in order of k", arguments: InstructionSet.available)
  func accuracy(_ set: InstructionSet) {
    for k in [32, 200, 1024] {
      let problem = Product(m: 33, n: 40, k: k)
      let (a, b) = (problem.a.doubles, problem.b.doubles)
      var (found, chained) = (0.0, 0.0)
      let result = problem.result(set, precision: MYNAH_FLOAT32)
      for row in 0..<33 {
        for column in 0..<40 {
          var (exact, chain) = (0.0, Float(0))
          for i in 0..<k {
            exact += a[row * k + i] * b[i * 40 + column]
            chain.addProduct(problem.a[row * k + i], problem.b[i * 40 + column])
          }
          let (foundError, chainError) = (Double(result[row * 40 + column]) - exact, Double(chain) - exact)
          found += foundError * foundError
          chained += chainError * chainError
        }
      }
      // Without a fused multiply-add each product is rounded too.
      let allowance = set.testDescription == "plain" ? 2 : 1.0001
      #expect(found <= chained * allowance, "K \(k): \((found / chained).squareRoot()) of a chain's error")
    }
  }

  @Test(
    "A scan in bfloat16 is close to the one in float32, with the same bits on any number of threads",
    arguments: bfloat16Sets, ScanCell.all)
  func scan(_ set: InstructionSet, _ cell: ScanCell) {
    // The slope of relu jumps where rounding changes the sign of a sum.
    let tolerance = cell.id == MYNAH_CELL_RNN_RELU ? 0.25 : 0.05
    for sizes in [(3, 2, 1, 7, 5), (5, 33, 17, 40, 9), (4, 20, 33, 65, 33)] {
      let problem = ScanProblem(cell, ScanSizes(sizes.0, sizes.1, sizes.2, sizes.3, sizes.4))
      let exact = ScanRun(problem, set)
      let run = ScanRun(problem, set, precision: MYNAH_BFLOAT16)
      #expect(run.isTidy && run.bits != exact.bits)
      #expect(differenceToScale(run.result.output, exact.result.output) < 0.02)
      for (gradient, expected) in zip(run.gradients, exact.gradients) where !gradient.isEmpty {
        #expect(differenceToScale(gradient, expected) < tolerance)
      }
      for threads in 1...3 as ClosedRange<Int32> {
        #expect(ScanRun(problem, set, threads: threads, precision: MYNAH_BFLOAT16).bits == run.bits)
      }
    }
  }

  @Test(
    "The loss in bfloat16 is close to the one in float32, with the same bits on any number of threads",
    arguments: bfloat16Sets)
  func crossEntropy(_ set: InstructionSet) {
    for (rows, hidden, vocabulary) in [(3, 5, 7), (130, 33, 67), (250, 17, 1100)] {
      let problem = CrossEntropyProblem(rows: rows, hidden: hidden, vocabulary: vocabulary)
      let exact = CrossEntropyRun(problem, set)
      let run = CrossEntropyRun(problem, set, precision: MYNAH_BFLOAT16)
      #expect(run.isTidy && run.bits != exact.bits)
      #expect(differenceToScale(run.rowLosses, exact.rowLosses) < 0.02)
      for (gradient, expected) in zip(run.gradients, exact.gradients) {
        #expect(differenceToScale(gradient, expected) < 0.05)
      }
      for threads in 1...3 as ClosedRange<Int32> {
        #expect(CrossEntropyRun(problem, set, threads: threads, precision: MYNAH_BFLOAT16).bits == run.bits)
      }
    }
  }
}

/// A matrix product to compute.
private struct Product {
  let m: Int, n: Int, k: Int
  var transposingA = false, transposingB = false
  var a: [Float], b: [Float]

  init(a: [Float], b: [Float], m: Int, n: Int, k: Int) {
    (self.a, self.b, self.m, self.n, self.k) = (a, b, m, n, k)
  }

  init(m: Int, n: Int, k: Int, transposingA: Bool = false, transposingB: Bool = false) {
    var random = RandomSource(seed: UInt64(m * 10_000 + n * 100 + k))
    a = (0..<m * k).map { _ in random.uniform(in: -1..<1) }
    b = (0..<k * n).map { _ in random.uniform(in: -1..<1) }
    (self.m, self.n, self.k, self.transposingA, self.transposingB) = (m, n, k, transposingA, transposingB)
  }

  /// Creates a copy with factors rounded to bfloat16.
  init(_ other: Product, rounding: Bool) {
    self = other
    a = a.map(\.roundedToBFloat16)
    b = b.map(\.roundedToBFloat16)
  }

  var reference: [Float] {
    let (a, b, c) = (GuardedMemory(a), GuardedMemory(b), GuardedMemory([Float](repeating: 0, count: m * n)))
    unsafe mynah_gemm_textbook(c.base, a.base, b.base, m, n, k, transposingA, transposingB, false)
    return c.elements
  }

  func result(_ set: InstructionSet, precision: mynah_precision, threads: Int32 = 0) -> [Float] {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let (a, b) = (GuardedMemory(a, misalignment: 1), GuardedMemory(b, misalignment: 2))
    let c = GuardedMemory([Float](repeating: .nan, count: m * n), misalignment: 3)
    let workspace = workspace(set)
    unsafe set.kernels.gemm(
      team, c.base, a.base, b.base, m, n, k, transposingA, transposingB, false, precision, workspace.base)
    #expect(c.guardsAreWhole && workspace.guardsAreWhole)
    return c.elements
  }

  func resultPackedOnce(_ set: InstructionSet, precision: mynah_precision) -> [Float] {
    let (a, b, c) = (GuardedMemory(a), GuardedMemory(b), GuardedMemory([Float](repeating: .nan, count: m * n)))
    let packed = workspace(set)
    unsafe set.kernels.gemm_pack(nil, packed.base, b.base, m, n, k, transposingB, precision)
    unsafe set.kernels.gemm_packed(nil, c.base, a.base, packed.base, m, n, k, false, precision)
    #expect(c.guardsAreWhole && packed.guardsAreWhole)
    return c.elements
  }

  private func workspace(_ set: InstructionSet) -> GuardedMemory {
    GuardedMemory([Float](repeating: .nan, count: unsafe set.kernels.gemm_workspace(m, n, k)), misalignment: 1)
  }
}

extension Float {
  /// The nearest value with an 8-bit significand, ties to even.
  var roundedToBFloat16: Float {
    guard isFinite else { return self }
    return Float(bitPattern: (bitPattern &+ 0x7FFF &+ (bitPattern >> 16 & 1)) & 0xFFFF_0000)
  }
}
