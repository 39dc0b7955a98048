import CMynah
import Foundation
import Testing

/// The error bounds that vector_math.h documents, over a sweep of the floats and the special values.
@Suite(.serialized)
struct VectorMathematicsTests {
  typealias Function = @convention(c) (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void

  static let arguments: [Float] = {
    let special: [Float] = [
      0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 88.72283, 88.72284, 89, 89.5, -87.33654, -87.33655, -103.9,
      -104,
      -105, 0.625, 0.6249999, -0.625,
    ]
    // Most floats are far outside the range where the functions vary, so that range gets a finer sweep.
    let wide = stride(from: UInt32(0), through: 0x7f7f_ffff, by: 4001).map { Float(bitPattern: $0) }
    let narrow = stride(from: UInt32(0x3a00_0000), through: 0x42e0_0000, by: 307).map { Float(bitPattern: $0) }
    return special + wide + wide.map { -$0 } + narrow + narrow.map { -$0 }
  }()

  /// The largest error in units in the last place of the exact result; a denormal result may be flushed to zero.
  func worstError(
    _ function: Function?, _ exact: (Double) -> Double, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Double {
    let function = try unsafe #require(function, sourceLocation: sourceLocation)
    let arguments = Self.arguments
    var results = [Float](repeating: 0, count: arguments.count)
    unsafe function(&results, arguments, arguments.count)
    var worst = 0.0
    for (x, y) in zip(arguments, results) {
      let expected = exact(Double(x))
      let rounded = Float(expected)
      if !rounded.isFinite || rounded == 0 {
        if abs(expected) > 3.4028235e38 && y == .greatestFiniteMagnitude { continue }
        #expect(y == rounded || (rounded == 0 && y.isSubnormal), "f(\(x))", sourceLocation: sourceLocation)
      } else if abs(expected) < Double(Float.leastNormalMagnitude) {
        #expect(abs(y) <= .leastNormalMagnitude, "f(\(x)) = \(y)", sourceLocation: sourceLocation)
      } else {
        worst = max(worst, abs(Double(y) - expected) / Double(rounded.ulp))
      }
    }
    return worst
  }

  @Test("exp has an error of at most 1.5 ulp", arguments: InstructionSet.available)
  func exponential(set: InstructionSet) throws {
    #expect(try unsafe worstError(set.kernels.exp) { exp($0) } <= 1.5)
  }

  @Test("tanh has an error of at most 2.5 ulp", arguments: InstructionSet.available)
  func hyperbolicTangent(set: InstructionSet) throws {
    #expect(try unsafe worstError(set.kernels.tanh) { tanh($0) } <= 2.5)
  }

  @Test("sigmoid has an error of at most 2.5 ulp", arguments: InstructionSet.available)
  func sigmoid(set: InstructionSet) throws {
    #expect(try unsafe worstError(set.kernels.sigmoid) { 1 / (1 + exp(-$0)) } <= 2.5)
  }

  @Test(
    "exp, tanh and sigmoid handle zeros, infinities, NaN and denormal arguments",
    arguments: InstructionSet.available)
  func special(set: InstructionSet) {
    let x: [Float] = [0, -0.0, .infinity, -.infinity, .nan, -.nan, 0x1p-130, -0x1p-130]
    var y = x
    unsafe set.kernels.exp(&y, x, x.count)
    #expect(Array(y[..<4]) == [1, 1, .infinity, 0] && y[4].isNaN && y[5].isNaN && y[6] == 1 && y[7] == 1)
    unsafe set.kernels.tanh(&y, x, x.count)
    #expect(
      Array(y[..<4]) == [0, 0, 1, -1] && y[4].isNaN && y[5].isNaN && abs(y[6]) <= 0x1p-130 && abs(y[7]) <= 0x1p-130)
    #expect(y[1].sign == .minus)
    unsafe set.kernels.sigmoid(&y, x, x.count)
    #expect(Array(y[..<4]) == [0.5, 0.5, 1, 0] && y[4].isNaN && y[5].isNaN && y[6] == 0.5 && y[7] == 0.5)
  }

  @Test(
    "Results do not depend on the count, also in place, and nothing is written outside the array",
    arguments: InstructionSet.available)
  func counts(set: InstructionSet) throws {
    try unsafe expectCountsDoNotMatter(set.kernels.exp)
    try unsafe expectCountsDoNotMatter(set.kernels.tanh)
    try unsafe expectCountsDoNotMatter(set.kernels.sigmoid)
  }

  func expectCountsDoNotMatter(_ function: Function?) throws {
    let function = try unsafe #require(function)
    let x = (0..<67).map { Float($0) / 7 - 4 }
    var whole = [Float](repeating: 0, count: 67)
    unsafe function(&whole, x, 67)
    for count in 0...67 {
      let memory = GuardedMemory(Array(x[..<count]), misalignment: count % 5)
      unsafe function(memory.base, memory.base, count)
      #expect(memory.elements == Array(whole[..<count]) && memory.guardsAreWhole)
    }
  }
}
