import CMynah
import Foundation
import MynahTensors
import Testing

struct DrawTests {
  private func draw(
    _ kernels: InferenceKernels, _ logits: [Float], forbidden: [Int32] = [], inverse: Float = 1, uniform: Double
  ) -> Int? {
    draw(kernels, logits, forbidden: forbidden, inverse: inverse, uniforms: [uniform])[0]
  }

  /// Draws from rows of logits, with a team of threads or alone.
  private func draw(
    _ kernels: InferenceKernels, _ logits: [Float], forbidden: [Int32] = [], inverse: Float = 1,
    inverses: [Float]? = nil, uniforms: [Double], threads: Int32 = 1
  ) -> [Int?] {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let (source, count) = (GuardedMemory(logits, misalignment: 1), logits.count / uniforms.count)
    let workspace = AlignedMemory(byteCount: unsafe kernels.table.draw_bytes(count, Int(threads)))
    var ids = [Int32](repeating: 7, count: uniforms.count + 1)
    unsafe kernels.table.draw(
      team, &ids, source.base, uniforms.count, count, forbidden, forbidden.count,
      inverses ?? [Float](repeating: inverse, count: uniforms.count), uniforms, workspace.base)
    #expect(source.elements.map(\.bitPattern) == logits.map(\.bitPattern) && workspace.guardIsWhole && ids.last == 7)
    return ids.dropLast().map { $0 < 0 ? nil : Int($0) }
  }

  @Test(
    "The drawn token is the one whose interval of the cumulative probabilities contains the uniform number",
    arguments: InferenceKernels.available)
  func shares(_ kernels: InferenceKernels) {
    var random = RandomSource(seed: 1)
    for count in [1, 2, 7, 16, 17, 255, 256, 257, 1000] {
      let logits = (0..<count).map { _ in random.uniform(in: -3..<3) }
      for inverse: Float in [0.5, 1, 3] {
        let weights = logits.map { exp(Double($0 * inverse)) }
        let total = weights.reduce(0, +)
        for _ in 0..<20 {
          let uniform = random.uniform()
          guard let index = draw(kernels, logits, inverse: inverse, uniform: uniform) else {
            Issue.record("nothing was drawn of \(count) tokens")
            continue
          }
          let before = weights[..<index].reduce(0, +) / total, after = before + weights[index] / total
          #expect(uniform > before - 1e-5 && uniform < after + 1e-5)
        }
        #expect(draw(kernels, logits, inverse: inverse, uniform: 0) == 0)
        #expect(draw(kernels, logits, inverse: inverse, uniform: 1 - 0x1p-53) == count - 1)
      }
    }
  }

  @Test(
    "Forbidden tokens and tokens of negligible probability are never drawn; if none is left, nothing is drawn",
    arguments: InferenceKernels.available)
  func forbidden(_ kernels: InferenceKernels) {
    var random = RandomSource(seed: 2)
    let logits: [Float] = [5, 9, 1, 2, 9, -300, 0]
    for uniform in (0..<50).map({ _ in random.uniform() }) + [0, 1 - 0x1p-53] {
      #expect([0, 2, 3, 6].contains(draw(kernels, logits, forbidden: [1, 4], uniform: uniform)))
    }
    #expect(draw(kernels, [1, 2], forbidden: [0, 1], uniform: 0.5) == nil)
  }

  @Test("At temperature 0, the first token with the largest logit is drawn", arguments: InferenceKernels.available)
  func greedy(_ kernels: InferenceKernels) {
    let logits: [Float] = (0..<300).map { $0 == 70 || $0 == 290 ? 4 : Float($0 % 3) }
    #expect(draw(kernels, logits, inverse: .infinity, uniform: 0) == 70)
    #expect(draw(kernels, logits, forbidden: [70], inverse: .infinity, uniform: 0) == 290)
  }

  @Test(
    "Each row of a batch draws the same token as alone, with its own temperature, on any number of threads",
    arguments: InferenceKernels.available)
  func rows(_ kernels: InferenceKernels) {
    var random = RandomSource(seed: 3)
    let (rows, count) = (9, 301)
    let logits = (0..<rows * count).map { _ in random.uniform(in: -3..<3) }
    let uniforms = (0..<rows).map { _ in random.uniform() }
    let inverses = (0..<rows).map { $0 == 4 ? .infinity : 0.5 * Float($0) }
    let alone = (0..<rows).map {
      draw(
        kernels, Array(logits[$0 * count..<($0 + 1) * count]), forbidden: [3], inverse: inverses[$0],
        uniform: uniforms[$0])
    }
    for threads: Int32 in [1, 2, 4] {
      #expect(draw(kernels, logits, forbidden: [3], inverses: inverses, uniforms: uniforms, threads: threads) == alone)
    }
    #expect(Set(alone).count > 1)
  }

  @Test("A non-finite element is found at any position", arguments: InferenceKernels.available)
  func finite(_ kernels: InferenceKernels) {
    let team = unsafe mynah_team_start(2)
    defer { unsafe mynah_team_stop(team) }
    for count in [1, 15, 16, 17, 100, 70_000] {
      for damage: Float in [.nan, .infinity, -.infinity] {
        for place in count < 1000 ? Array(0..<count) : [0, count / 2, count - 1] {
          var numbers = [Float](repeating: -.greatestFiniteMagnitude, count: count)
          let whole = GuardedMemory(numbers)
          #expect(unsafe kernels.table.all_finite(team, whole.base, count))
          numbers[place] = damage
          let damaged = GuardedMemory(numbers)
          #expect(unsafe !kernels.table.all_finite(team, damaged.base, count))
        }
      }
    }
  }
}
