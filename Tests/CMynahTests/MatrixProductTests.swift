import CMynah
import CMynahTextbook
import MynahTensors
import TestSupport
import Testing

struct MatrixProductTests {
  struct Case: CustomTestStringConvertible {
    let set: InstructionSet
    let transposingA: Bool, transposingB: Bool
    var testDescription: String { "\(set.testDescription) \(transposingA) \(transposingB)" }
  }

  static let cases = InstructionSet.available.flatMap { set in
    [(false, false), (false, true), (true, false), (true, true)].map {
      Case(set: set, transposingA: $0.0, transposingB: $0.1)
    }
  }

  static let sizes = [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65]

  @Test(
    "The product matches the textbook version at awkward sizes, on unaligned memory, on one and two threads",
    arguments: cases)
  func product(_ test: Case) throws {
    let team = unsafe mynah_team_start(2)
    defer { unsafe mynah_team_stop(team) }
    var random = RandomSource(seed: 1)
    let numbers = (0..<65 * 65 * 3).map { _ in random.uniform(in: -1..<1) }
    for m in Self.sizes {
      for n in Self.sizes {
        for k in [0, 1, 8, 17, 65] {
          for accumulating in [false, true] {
            let shift = (m + 2 * n + 3 * k) % 97
            let a = GuardedMemory(Array(numbers[shift..<shift + m * k]), misalignment: shift % 4)
            let b = GuardedMemory(Array(numbers[4225 + shift..<4225 + shift + k * n]), misalignment: shift % 3)
            let c = Array(numbers[8000..<8000 + m * n])
            func run(_ team: OpaquePointer?) -> [Float] {
              let target = GuardedMemory(c, misalignment: shift % 5)
              let workspaceSize = unsafe test.set.kernels.gemm_workspace(m, n, k)
              let workspace = GuardedMemory([Float](repeating: .nan, count: workspaceSize))
              unsafe test.set.kernels.gemm(
                team, target.base, a.base, b.base, m, n, k, test.transposingA, test.transposingB, accumulating,
                MYNAH_FLOAT32, workspace.base)
              #expect(target.guardsAreWhole && workspace.guardsAreWhole)
              return target.elements
            }
            let reference = GuardedMemory(c)
            unsafe mynah_gemm_textbook(
              reference.base, a.base, b.base, m, n, k, test.transposingA, test.transposingB, accumulating)
            let alone = run(nil)
            let error = largestRelativeDifference(alone, reference.elements, floor: 1)
            if error > 1e-5 { Issue.record("\(m)×\(n)×\(k), accumulating \(accumulating): error \(error)") }
            if unsafe run(team) != alone { Issue.record("\(m)×\(n)×\(k): two threads give other bits") }
          }
        }
      }
    }
  }

  @Test("Products that need several blocks of K and several threads match the textbook version", arguments: cases)
  func largeProduct(_ test: Case) throws {
    var random = RandomSource(seed: 2)
    for (m, n, k) in [(5, 1100, 70), (129, 200, 530), (61, 257, 1030), (1, 1025, 64), (301, 3, 9), (521, 131, 790)] {
      let a = GuardedMemory((0..<m * k).map { _ in random.uniform(in: -1..<1) })
      let b = GuardedMemory((0..<n * k).map { _ in random.uniform(in: -1..<1) })
      let zeros = [Float](repeating: 0, count: m * n)
      let workspaceSize = unsafe test.set.kernels.gemm_workspace(m, n, k)
      let results = ([1, 2, 3, 16] as [Int32]).map { threads -> [Float] in
        let team = unsafe mynah_team_start(threads)
        defer { unsafe mynah_team_stop(team) }
        let (target, workspace) = (GuardedMemory(zeros), GuardedMemory([Float](repeating: .nan, count: workspaceSize)))
        unsafe test.set.kernels.gemm(
          team, target.base, a.base, b.base, m, n, k, test.transposingA, test.transposingB, false, MYNAH_FLOAT32,
          workspace.base)
        #expect(target.guardsAreWhole && workspace.guardsAreWhole)
        return target.elements
      }
      let reference = GuardedMemory(zeros)
      unsafe mynah_gemm_textbook(
        reference.base, a.base, b.base, m, n, k, test.transposingA, test.transposingB, false)
      #expect(largestRelativeDifference(results[0], reference.elements, floor: 1) <= 5e-5)
      #expect(results.allSatisfy { $0 == results[0] })
    }
  }
}
