import ArgumentParser
import Foundation
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
      throw ValidationError("--threads must lie between 1 and 1024, found \(threads)")
    }
  }

  /// The number of threads.
  var count: Int { threads ?? Self.shareOfRank ?? ThreadTeam.defaultThreadCount }

  /// The default number of threads of one of several ranks on this machine: its share of the cores, unless the launcher
  /// has bound it to some of them; nil if the process is alone.
  private static var shareOfRank: Int? {
    guard let localCount = LaunchedRank.current?.localCount, localCount > 1 else { return nil }
    let (own, all) = (ThreadTeam.defaultThreadCount, ProcessInfo.processInfo.processorCount)
    return own < all ? own : max(1, own / localCount)
  }

  /// Runs `body` with this many threads.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let threads = threads ?? Self.shareOfRank else { return try body() }
    return try ThreadTeam.$current.withValue(ThreadTeam(threadCount: threads), operation: body)
  }
}
