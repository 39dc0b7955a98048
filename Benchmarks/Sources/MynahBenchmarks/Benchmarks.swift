import ArgumentParser
import Foundation
import Measurement
import MynahTensors

@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mynah-benchmarks",
    abstract: "Time named pieces of mynah.",
    discussion: """
      Each case is called until its time is up; the median of the repeats is shown, and what got done in a second.
      A case runs if its name contains one of the filters: --filter lstm/forward --filter bfloat16/64x
      """)

  @Option(help: "Run the cases whose names contain this; may be given several times.")
  var filter: [String] = []
  @Flag(help: "Print the names of the cases and run nothing.")
  var list = false
  @Option(help: ArgumentHelp("Threads to compute with. (default: all cores)", valueName: "count"))
  var threads: Int?
  @Option(help: "Seconds that repeats of a case go on; a fifth of it more to warm up.")
  var seconds = 0.3
  @Flag(help: "Print one JSON object with machine, instruction set, threads, commit, date and results.")
  var json = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must lie between 1 and 1024, found \(threads)")
    }
    guard seconds >= 0 && seconds <= 3600 else {
      throw ValidationError("--seconds must lie between 0 and 3600, found \(seconds)")
    }
    guard !selected.isEmpty else {
      throw ValidationError("no case's name contains \(filter.joined(separator: " or ")); --list shows all names")
    }
  }

  func run() throws {
    guard !list else { return selected.forEach { print($0.name) } }
    let team = ThreadTeam(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let kernels = Kernels(threadCount: 1)
    var report = Report(
      machine: .current, instructionSet: kernels.instructionSet, threads: team.threadCount, date: Date(), results: [])
    try ThreadTeam.$current.withValue(team) {
      for benchmark in selected {
        if let result = try benchmark.result(Stopwatch(seconds: seconds)) {
          report.results.append(result)
          if !json { print(result.line) }
        } else {
          report.skipped[benchmark.name] = "this machine is not faster in \(benchmark.precision.rawValue)"
        }
      }
    }
    if json {
      print(try report.json())
    } else if !report.skipped.isEmpty {
      print("not run, because this machine is not faster in bfloat16: \(report.skipped.count) cases")
    }
  }

  private var selected: [BenchmarkCase] {
    BenchmarkCase.all.filter { benchmark in filter.isEmpty || filter.contains(where: benchmark.name.contains) }
  }
}
