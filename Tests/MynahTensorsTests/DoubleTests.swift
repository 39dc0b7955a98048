import MynahTensors
import Testing

struct DoubleTests {
  @Test("Softmax is proportional to the exponentials, however large the scores are")
  func softmax() {
    #expect([Double]().softmax().isEmpty && [3.0].softmax() == [1])
    #expect([1000.0, 1000, -.infinity].softmax() == [0.5, 0.5, 0])
    let probabilities = [-1.0, 0, 2].softmax()
    #expect(abs(probabilities[2] / probabilities[0] - 20.085536923187668) < 1e-12)
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-15)
    #expect([0.5 as Float, 1.5].softmax() == [0.5, 1.5].softmax())
  }

  @Test("The logarithm of a sum of exponentials neither overflows nor loses small terms")
  func logSumExp() {
    #expect([Double]().logSumExp() == -.infinity && [-.infinity, -Double.infinity].logSumExp() == -.infinity)
    #expect([5.0].logSumExp() == 5 && abs([1000.0, 1000].logSumExp() - 1000.6931471805599) < 1e-12)
    let logarithms = [-800.0, -801].logSoftmax()
    #expect(abs(logarithms[0] + 0.3132616875182228) < 1e-12 && abs(logarithms[1] + 1.3132616875182228) < 1e-12)
    #expect([-800 as Float, -801].logSoftmax() == logarithms)
  }

  @Test("Orthonormalising a vector gives a unit vector orthogonal to the others, or nil if it depends on them")
  func orthonormalization() {
    #expect([3.0, 4].orthonormalized(to: []) == [0.6, 0.8])
    let axes = [[1.0, 0, 0], [0, 0.6, 0.8]]
    let direction = [1.0, 1, 1].orthonormalized(to: axes[...]) ?? []
    #expect(axes.allSatisfy { abs($0.dot(direction)) < 1e-15 } && abs(direction.dot(direction) - 1) < 1e-15)
    #expect([2.0, 3, 4].orthonormalized(to: axes[...]) == nil && [0.0, 0].orthonormalized(to: []) == nil)
  }

  @Test(
    "Rounding to bfloat16 is to nearest, ties to even, and preserves NaN and infinity",
    arguments: [
      (0x3F80_0000, 0x3F80), (0x3F80_8000, 0x3F80), (0x3F81_8000, 0x3F82), (0x3F80_8001, 0x3F81), (0x8000_0000, 0x8000),
      (0x7F7F_FFFF, 0x7F80), (0xFF80_0000, 0xFF80), (0x7F80_0001, 0x7FC0), (0x7FFF_FFFF, 0x7FFF), (1, 0),
    ] as [(UInt32, UInt16)])
  func bfloat16(_ bits: UInt32, _ expected: UInt16) {
    #expect(Float(bitPattern: bits).bfloat16Bits == expected)
    #expect(Float(bfloat16Bits: expected).bitPattern == UInt32(expected) << 16)
  }
}
