import CMynah
import Testing

struct PeakTests {
  @Test(
    "The peak loop counts two operations per lane and thread, and none if the instructions are missing",
    arguments: InstructionSet.available, [MYNAH_FLOAT32, MYNAH_BFLOAT16])
  func operations(set: InstructionSet, precision: mynah_precision) {
    let (perRound, perVector) = unsafe (set.kernels.peak(nil, precision, 1), 2 * UInt64(set.kernels.lanes))
    guard unsafe precision == MYNAH_FLOAT32 || set.kernels.has_bfloat16 else {
      #expect(perRound == 0)
      return
    }
    #expect(perRound >= 8 * perVector && perRound.isMultiple(of: perVector))
    for threads in 1...3 {
      let team = unsafe mynah_team_start(Int32(threads))
      defer { unsafe mynah_team_stop(team) }
      for rounds in [0, 1, 1000] as [UInt64] {
        #expect(unsafe set.kernels.peak(team, precision, rounds) == rounds * perRound * UInt64(threads))
      }
    }
  }

  @Test("The read loop writes nothing at any size", arguments: InstructionSet.available)
  func reading(set: InstructionSet) {
    for count in [0, 1, 127, 128, 129, 1000] {
      let memory = GuardedMemory([Float](repeating: 1, count: count), misalignment: 1)
      unsafe set.kernels.read_through(nil, memory.base, count)
      // The sanitizers detect reads outside the array (Scripts/sanitize.sh).
      #expect(memory.guardsAreWhole && memory.elements.allSatisfy { $0 == 1 })
    }
  }
}
