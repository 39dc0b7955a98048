import CMynah
import Foundation
import MynahTensors
import TestSupport
import Testing

struct DropoutKernelTests {
  /// The textbook version of dropout, one random word at a time.
  private func expected(_ x: [Float], threshold: UInt32, scale: Float, using random: RandomSource) -> [Float] {
    var (random, word) = (random, UInt64(0))
    return x.enumerated().map { index, x in
      word = index.isMultiple(of: 2) ? random.next() : word >> 32
      return word & 0xFFFF_FFFF < threshold ? x * scale : 0
    }
  }

  /// A random source that has already drawn some words.
  private func source(seed: UInt64, stream: UInt64, drawn: Int) -> RandomSource {
    var random = RandomSource(seed: seed, stream: stream)
    for _ in 0..<drawn { _ = random.next() }
    return random
  }

  @Test(
    "Masks match the random source's own draws at awkward sizes, positions and thread counts",
    arguments: InstructionSet.available)
  func masks(set: InstructionSet) {
    let team = unsafe mynah_team_start(3)
    defer { unsafe mynah_team_stop(team) }
    var numbers = RandomSource(seed: 8)
    for count in Array(0...70) + [1000, 16_383, 16_384, 40_001] {
      let x = (0..<count).map { _ in numbers.uniform(in: -1..<1) }
      for (drawn, threshold) in [(0, 0x8000_0000), (1, 0x4000_0001), (6, 0xFFFF_FF00), (3, 0)] as [(Int, UInt32)] {
        let random = source(seed: 0xDEAD_BEEF_0BAD_CAFE &+ UInt64(count), stream: 0x1234_5678_9ABC_DEF0, drawn: drawn)
        var mask = mynah_dropout_mask(
          seed: random.seed, stream: random.stream, first: 2 * random.position, threshold: threshold, scale: 1.5)
        let wanted = expected(x, threshold: threshold, scale: 1.5, using: random)
        for isAlone in [true, false] {
          let source = GuardedMemory(x, misalignment: count % 5)
          let target = GuardedMemory([Float](repeating: .nan, count: count), misalignment: count % 3)
          unsafe set.kernels.dropout(isAlone ? nil : team, target.base, source.base, count, &mask)
          #expect(target.elements.bits == wanted.bits && target.guardsAreWhole, "\(count) from word \(drawn)")
        }
      }
    }
  }

  @Test("A position beyond 2³² blocks carries into the counter's upper half", arguments: InstructionSet.available)
  func farPosition(set: InstructionSet) throws {
    // The last block whose number fits in the counter's lowest word, and the next ones.
    let position = (UInt64(1) << 33) - 2
    let random = try JSONDecoder().decode(
      RandomSource.self, from: Data(#"{"seed": 1, "stream": 2, "position": \#(position)}"#.utf8))
    let x = (0..<67).map { Float($0 + 1) }
    var mask = mynah_dropout_mask(seed: 1, stream: 2, first: 2 * position, threshold: 0x8000_0000, scale: 1)
    let target = GuardedMemory([Float](repeating: .nan, count: x.count))
    unsafe set.kernels.dropout(nil, target.base, x, x.count, &mask)
    #expect(target.elements == expected(x, threshold: 0x8000_0000, scale: 1, using: random))
  }
}
