import CMynah
import Foundation
import MynahTensors
import TestSupport
import Testing

/// The norm and the optimizers' updates of several parameters, compared with textbook versions in double precision.
@Suite("Optimizer update kernels")
struct UpdateKernelTests {
  /// Parameter sizes: empty, less than a vector, around vectors, around one block of 16,384 elements and several
  /// blocks; for sparse gradients, the stored rows.
  struct Sizes {
    let rows: Int, width: Int
    let stored: [Int32]?
  }

  static let sizes: [Sizes] =
    [0, 1, 7, 8, 9, 15, 16, 17, 65, 16383, 16384, 16385, 50_000].map { Sizes(rows: 1, width: $0, stored: nil) }
    + [
      Sizes(rows: 5, width: 3, stored: []), Sizes(rows: 5, width: 3, stored: [0, 4]),
      Sizes(rows: 1, width: 1, stored: [0]), Sizes(rows: 300, width: 200, stored: [0, 1, 81, 82, 163, 299]),
      Sizes(rows: 2, width: 20_000, stored: [1]), Sizes(rows: 7, width: 17, stored: Array(0..<7)),
    ]

  /// Parameters in guarded memory; `whole` contains the dense gradients, with zeros for rows that are not stored.
  @safe
  final class Parameters {
    let sizes: [Sizes]
    let weights: [GuardedMemory], first: [GuardedMemory], second: [GuardedMemory], gradients: [GuardedMemory]
    let whole: [[Double]]
    private let stored: UnsafeMutableBufferPointer<Int32>

    init(_ sizes: [Sizes], seed: UInt64 = 3) {
      self.sizes = sizes
      var random = RandomSource(seed: seed)
      func draw(_ count: Int, _ range: Range<Float> = -1..<1) -> [Float] {
        (0..<count).map { _ in random.uniform(in: range) }
      }
      weights = sizes.enumerated().map { GuardedMemory(draw($1.rows * $1.width), misalignment: $0 % 5) }
      first = sizes.enumerated().map { GuardedMemory(draw($1.rows * $1.width), misalignment: $0 % 3) }
      second = sizes.enumerated().map { GuardedMemory(draw($1.rows * $1.width, 0..<1), misalignment: $0 % 7) }
      let values = sizes.map { draw(($0.stored?.count ?? $0.rows) * $0.width) }
      gradients = values.enumerated().map { GuardedMemory($1, misalignment: $0 % 4) }
      whole = zip(sizes, values).map { sizes, values in
        guard let stored = sizes.stored else { return values.doubles }
        var whole = [Double](repeating: 0, count: sizes.rows * sizes.width)
        for (place, row) in stored.enumerated() {
          for column in 0..<sizes.width {
            whole[Int(row) * sizes.width + column] = Double(values[place * sizes.width + column])
          }
        }
        return whole
      }
      unsafe stored = .allocate(capacity: 1000)
      unsafe stored.initialize(repeating: 0)
    }

    deinit { unsafe stored.deallocate() }

    func withDescriptions<Result>(
      hasFirst: Bool = true, _ body: (UnsafePointer<mynah_parameter>?, Int) -> Result
    ) -> Result {
      var next = 0
      let descriptions = unsafe sizes.indices.map { index in
        var parameter = unsafe mynah_parameter()
        unsafe (parameter.rows, parameter.width) = (sizes[index].rows, sizes[index].width)
        unsafe parameter.weights = weights[index].base
        if hasFirst { unsafe parameter.first_moments = first[index].base }
        unsafe parameter.second_moments = second[index].base
        unsafe parameter.gradient = unsafe UnsafePointer(gradients[index].base)
        if let rows = sizes[index].stored {
          for (place, row) in rows.enumerated() { unsafe stored[next + place] = row }
          unsafe parameter.stored_rows = unsafe UnsafePointer(stored.baseAddress.map { unsafe $0 + next })
          unsafe parameter.stored_count = rows.count
          next += rows.count
        }
        return unsafe parameter
      }
      return unsafe descriptions.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
    }

    var guardsAreWhole: Bool { (weights + first + second + gradients).allSatisfy(\.guardsAreWhole) }
  }

  /// Runs alone and on teams of 1 to 3 threads, expects the same bits, and returns the result.
  private func results(
    _ set: InstructionSet, hasFirst: Bool = true, _ run: (OpaquePointer?, UnsafePointer<mynah_parameter>?, Int) -> Void
  ) -> Parameters {
    func made(_ team: OpaquePointer?) -> Parameters {
      let parameters = Parameters(Self.sizes)
      unsafe parameters.withDescriptions(hasFirst: hasFirst) { unsafe run(team, $0, $1) }
      #expect(parameters.guardsAreWhole)
      return parameters
    }
    let alone = made(nil)
    for threads in 1...3 {
      let team = unsafe mynah_team_start(Int32(threads))
      defer { unsafe mynah_team_stop(team) }
      let together = unsafe made(team)
      for (a, b) in zip(alone.weights + alone.first + alone.second, together.weights + together.first + together.second)
      {
        #expect(a.elements.bits == b.elements.bits)
      }
    }
    return alone
  }

  @Test(
    "The squared norm is the sum of squares in double, with the same bits on any number of threads",
    arguments: InstructionSet.available)
  func norm(set: InstructionSet) {
    let parameters = Parameters(Self.sizes)
    let expected = parameters.whole.joined().reduce(0) { $0 + $1 * $1 }
    func squaredNorm(_ team: OpaquePointer?) -> Double {
      unsafe parameters.withDescriptions { descriptions, count in
        let blocks = unsafe set.kernels.norm_workspace(descriptions, count)
        var workspace = [Double](repeating: .nan, count: blocks)
        return unsafe set.kernels.squared_norm(team, descriptions, count, &workspace)
      }
    }
    let alone = squaredNorm(nil)
    #expect(abs(alone - expected) < 1e-10 * expected)
    for threads in 1...3 {
      let team = unsafe mynah_team_start(Int32(threads))
      defer { unsafe mynah_team_stop(team) }
      #expect(unsafe squaredNorm(team) == alone)
    }
    #expect(unsafe set.kernels.squared_norm(nil, nil, 0, nil) == 0)
  }

  @Test(
    "Gradient descent subtracts the scaled gradients and leaves rows without a gradient unchanged",
    arguments: InstructionSet.available)
  func descent(set: InstructionSet) {
    let before = Parameters(Self.sizes)
    let after = unsafe results(set) { unsafe set.kernels.descend($0, $1, $2, 0.375) }
    for index in Self.sizes.indices {
      let expected = zip(before.weights[index].elements, before.whole[index]).map { Double($0) - 0.375 * $1 }
      #expect(largestRelativeDifference(after.weights[index].elements, expected, floor: 1) < 1e-6)
      #expect(after.first[index].elements == before.first[index].elements)
    }
  }

  @Test(
    "Adam updates all rows, including rows without a gradient, like the textbook version in double",
    arguments: InstructionSet.available, [0.9, 0])
  func adam(set: InstructionSet, beta1: Double) {
    let before = Parameters(Self.sizes)
    var settings = mynah_adam(
      keep: 0.875, scale: 0.5, rate: 0.01, beta1: Float(beta1), beta2: 0.99, root_scale: 1.25, epsilon: 1e-3)
    let after = unsafe results(set, hasFirst: beta1 > 0) { unsafe set.kernels.adam($0, $1, $2, &settings) }
    for index in Self.sizes.indices {
      var (weights, first, second) = ([Double](), [Double](), [Double]())
      let (oldWeights, oldFirst) = (before.weights[index].elements, before.first[index].elements)
      let oldSecond = before.second[index].elements
      for (place, gradient) in before.whole[index].enumerated() {
        let g = 0.5 * gradient
        let m = beta1 * Double(oldFirst[place]) + (1 - beta1) * g
        let v = 0.99 * Double(oldSecond[place]) + 0.01 * g * g
        first.append(m)
        second.append(v)
        weights.append(0.875 * Double(oldWeights[place]) - 0.01 * m / (v.squareRoot() * 1.25 + 1e-3))
      }
      #expect(largestRelativeDifference(after.weights[index].elements, weights, floor: 1) < 1e-6)
      let stored = beta1 > 0 ? first : oldFirst.map(Double.init)
      #expect(largestRelativeDifference(after.first[index].elements, stored, floor: 1) < 1e-6)
      #expect(largestRelativeDifference(after.second[index].elements, second, floor: 1) < 1e-6)
    }
  }
}
