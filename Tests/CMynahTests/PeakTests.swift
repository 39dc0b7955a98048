import CMynah
import Testing

struct PeakTests {
  @Test(
    "The peak's loop counts two operations for each number of each sum of a register tile, on every thread",
    arguments: InstructionSet.available)
  func operations(set: InstructionSet) {
    let kernels = set.kernels
    let perRound = 2 * kernels.tile_rows * kernels.tile_lanes
    for threads in 1...3 {
      let team = unsafe mynah_team_start(Int32(threads))
      defer { unsafe mynah_team_stop(team) }
      for rounds in [0, 1, 1000] {
        #expect(unsafe kernels.peak(team, UInt64(rounds)) == UInt64(rounds * perRound * threads))
      }
    }
    #expect(unsafe kernels.peak(nil, 3) == UInt64(3 * perRound))
  }

  @Test("Reading stays inside of the array, at every size", arguments: InstructionSet.available)
  func reading(set: InstructionSet) {
    for count in [0, 1, 127, 128, 129, 1000] {
      let memory = GuardedMemory([Float](repeating: 1, count: count), misalignment: 1)
      unsafe set.kernels.read_through(nil, memory.base, count)
      #expect(memory.guardsAreWhole)
    }
  }
}
