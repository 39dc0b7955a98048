import Foundation

/// The rank of this process among those that an MPI launcher started, read from the environment.
struct LaunchedRank: Hashable {
  let rank: Int
  let count: Int

  /// The environment variables of the rank and of the number of ranks: those of Open MPI's `mpirun`, of other `mpirun`s
  /// (Hydra), and of Slurm's `srun --mpi=pmix`.
  private static let variables = [
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"), ("PMIX_RANK", "SLURM_NTASKS"),
  ]

  /// Reads the rank from environment variables; nil if the process was started alone.
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

  /// The rank of this process; nil if it was started alone.
  static var current: LaunchedRank? { LaunchedRank(ProcessInfo.processInfo.environment) }
}
