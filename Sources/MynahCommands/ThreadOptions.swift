import ArgumentParser
import Foundation
import MynahTensors

/// How many threads a command may use.
struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads to compute with; results are the same bits with any number. (default: all cores)", valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must lie between 1 and 1024, found \(threads)")
    }
  }

  /// How many.
  var count: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// Runs `body` on so many threads.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let threads else { return try body() }
    return try ThreadTeam.$current.withValue(ThreadTeam(threadCount: threads), operation: body)
  }
}
