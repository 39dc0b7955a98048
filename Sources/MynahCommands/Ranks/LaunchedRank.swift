import Foundation

/// The place of this process among several that a launcher of MPI started together, from its environment.
struct LaunchedRank: Hashable {
  let rank: Int
  let count: Int

  /// The variables of the rank and of the number of ranks: of Open MPI's `mpirun`, of other `mpirun`s (Hydra), and of
  /// Slurm's `srun --mpi=pmix`.
  private static let variables = [
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"), ("PMIX_RANK", "SLURM_NTASKS"),
  ]

  /// Returns nil if the process was started alone.
  init?(_ environment: [String: String]) {
    for (rank, count) in Self.variables {
      guard let rank = environment[rank].flatMap(Int.init), let count = environment[count].flatMap(Int.init) else {
        continue
      }
      guard count > 1, (0..<count).contains(rank) else { return nil }
      self.rank = rank
      self.count = count
      return
    }
    return nil
  }

  /// The process's own place; nil if it was started alone.
  static var current: LaunchedRank? { LaunchedRank(ProcessInfo.processInfo.environment) }
}
