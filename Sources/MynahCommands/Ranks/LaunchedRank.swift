import Foundation

/// The place of this process among several that a launcher of MPI started together, from its environment.
struct LaunchedRank: Hashable {
  let rank: Int
  let count: Int
  /// The number of processes on this machine; nil: unknown.
  let localCount: Int?

  /// The variables of rank, number of ranks, and number of ranks on the machine: of Open MPI's `mpirun`, of other
  /// `mpirun`s (Hydra), and of Slurm's `srun --mpi=pmix`.
  private static let variables = [
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"), ("PMIX_RANK", "SLURM_NTASKS", "SLURM_NTASKS_PER_NODE"),
  ]

  /// Returns nil if the process was started alone.
  init?(_ environment: [String: String]) {
    for (rank, count, localCount) in Self.variables {
      guard let rank = environment[rank].flatMap(Int.init), let count = environment[count].flatMap(Int.init) else {
        continue
      }
      guard count > 1, (0..<count).contains(rank) else { return nil }
      self.rank = rank
      self.count = count
      self.localCount = environment[localCount].flatMap(Int.init)
      return
    }
    return nil
  }

  /// The process's own place; nil if it was started alone.
  static var current: LaunchedRank? { LaunchedRank(ProcessInfo.processInfo.environment) }
}
