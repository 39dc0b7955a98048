import ArgumentParser
import MynahTensors

/// The flag of the number of threads.
struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The number of threads; results have the same bits with any number. (default: one for each physical core)",
      valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be between 1 and 1024, found \(threads)")
    }
  }

  /// The number of threads; by default, ranks that may use the same cores share them.
  var count: Int { threads ?? max(1, ThreadTeam.defaultThreadCount / Ranks.coreSharerCount) }

  /// Runs `body` with this many threads.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard threads != nil || Ranks.coreSharerCount > 1 else { return try body() }
    return try ThreadTeam.$current.withValue(ThreadTeam(threadCount: count), operation: body)
  }
}
