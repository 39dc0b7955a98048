import ArgumentParser
import Foundation
import MynahIO
import MynahTraining
#if MPI
import MynahMPI
#endif

/// A command that several processes can compute together.
protocol CommandOfRanks: ParsableCommand {
  /// The seconds after which a rank that waits for another one gives up.
  var rankTimeout: Double { get }
}

extension CommandOfRanks {
  var rankTimeout: Double { 300 }
}

/// The processes that compute a command together: one, or as many as `mpirun` started.
enum Ranks {
  /// The connection to the other processes.
  @TaskLocal static var communicator: any Communicator = SingleProcess()

  /// The processes that share work that is not training; nil: this one is alone.
  static var sharing: WorkSharing? {
    let communicator = communicator
    guard communicator.rankCount > 1 else { return nil }
    return WorkSharing(rank: communicator.rank, rankCount: communicator.rankCount) { try communicator.gathered($0) }
  }

  /// Checks that all ranks have the same program, files and flags.
  ///
  /// - Parameters:
  ///   - files: The files, by what they are to the command.
  ///   - flags: The values of the flags that matter.
  /// - Throws: `RankError`, `CommunicationError`.
  static func compare(files: KeyValuePairs<String, String>, flags: KeyValuePairs<String, String>) throws {
    guard communicator.rankCount > 1 else { return }
    var facts = RankFacts(allowsMixed: false)
    for (name, path) in files {
      if path == "-" { throw RankError.standardInput }
      facts[name] = SHA256.hexadecimal(ofFileAt: path) ?? "none"
    }
    for (name, value) in flags { facts[name] = value }
    try facts.compare(over: communicator)
  }

  /// A Boolean value indicating whether this process writes files and prints results.
  static var isFirst: Bool { communicator.rank == 0 }

  /// Runs a command, as one of several processes if it was started so.
  ///
  /// An error on one rank ends all of them: rank 0 prints its sentence.
  static func joining(_ launched: LaunchedRank?, _ command: any ParsableCommand, _ body: () throws -> Void) throws {
    guard launched != nil else { return try body() }
    guard let ranked = command as? any CommandOfRanks else {
      throw RankError.oneProcess(command: type(of: command).configuration.commandName ?? "this command")
    }
    #if MPI
    let communicator = try MPICommunicator(timeout: ranked.rankTimeout)
    do {
      try $communicator.withValue(communicator, operation: body)
    } catch let error as CommunicationError {
      if case .timedOut = error { abort(communicator, error) }
      _ = communicator.close(within: 2)
      throw reported(error, by: communicator)
    } catch {
      let (code, sentence) = MynahTool.failure(of: error)
      for rank in 0..<communicator.rankCount where rank != communicator.rank {
        try? communicator.send(.failure(code: code.rawValue, sentence: sentence), to: rank)
      }
      _ = communicator.close(within: 5)
      throw reported(error, by: communicator)
    }
    if !communicator.close(within: ranked.rankTimeout) {
      abort(communicator, .timedOut(rank: communicator.rank == 0 ? 1 : 0, seconds: ranked.rankTimeout))
    }
    #else
    _ = ranked
    throw RankError.noMPI
    #endif
  }

  #if MPI
  /// The error that ends this process: on ranks other than 0, one that is not printed, because rank 0 has been told.
  private static func reported(_ error: any Error, by communicator: MPICommunicator) -> any Error {
    communicator.rank == 0 ? error : ReportedError(code: MynahTool.failure(of: error).code)
  }

  /// Ends all ranks when one does not answer: the first one that waits for it prints the sentence.
  private static func abort(_ communicator: MPICommunicator, _ error: CommunicationError) -> Never {
    // A lower rank that waits too ends this one meanwhile.
    Thread.sleep(forTimeInterval: Double(min(communicator.rank, 20)) / 2)
    SilentOutput.restore()
    StandardError.write("error: \(error.sentence)\n")
    communicator.abort(code: error.failureCode.rawValue)
    Foundation.exit(error.failureCode.rawValue)
  }
  #endif
}

/// The end of a rank whose error another one prints.
struct ReportedError: Error {
  let code: FailureCode
}

/// The standard output and standard error of a rank other than 0, whose results and messages would be repetitions.
enum SilentOutput {
  /// The descriptor that standard error is kept at.
  private static let kept: Int32 = 63

  /// Discards what is written from now on.
  static func begin() {
    dup2(STDERR_FILENO, kept)
    let null = unsafe open("/dev/null", O_WRONLY)
    guard null >= 0 else { return }
    dup2(null, STDOUT_FILENO)
    dup2(null, STDERR_FILENO)
    close(null)
  }

  /// Shows standard error again.
  static func restore() {
    if LaunchedRank.current?.rank ?? 0 > 0 { dup2(kept, STDERR_FILENO) }
  }

  /// Waits before a rank that has not joined prints its error: rank 0 probably has the same one, and the launcher ends
  /// all ranks when it ends; otherwise the error is this rank's own.
  static func letFirstRankPrint() {
    guard LaunchedRank.current?.rank ?? 0 > 0 else { return }
    Thread.sleep(forTimeInterval: 3)
    restore()
  }
}

/// The reason why processes cannot compute a command together.
enum RankError: CommandFailure {
  /// The command runs in one process.
  case oneProcess(command: String)
  /// The program was built without MPI.
  case noMPI
  /// A rank has another program, text or setting.
  case differs(rank: Int, what: String, found: String, expected: String)
  /// Standard input reaches rank 0 only.
  case standardInput

  var failureCode: FailureCode {
    switch self {
    case .oneProcess, .standardInput: .usage
    case .noMPI: .unavailable
    case .differs: .badData
    }
  }

  var sentence: String {
    switch self {
    case .oneProcess(let command): "mynah \(command) runs in one process; start it without mpirun"
    case .noMPI:
      "this build of mynah runs in one process; build it with MPI: swift build -c release --traits MPI"
    case .differs(let rank, "instruction set", let found, let expected):
      "rank \(rank) computes with \(found) and rank 0 with \(expected), so that their bits differ; set "
        + "MYNAH_INSTRUCTION_SET on all of them, or permit it with --allow-mixed"
    case .differs(let rank, let what, let found, let expected):
      "rank \(rank) differs from rank 0 in \(what): \(found.excerpt()) instead of \(expected.excerpt()); start all "
        + "ranks with the same program, files and flags"
    case .standardInput: "standard input reaches rank 0 only; write the text to a file that all ranks can read"
    }
  }
}

extension CommunicationError: CommandFailure {
  var failureCode: FailureCode {
    switch self {
    case .timedOut: .unavailable
    case .failed(_, let code, _): FailureCode(rawValue: code) ?? .defect
    case .unexpected: .badData
    }
  }

  var sentence: String {
    switch self {
    // The same error on all ranks needs no rank.
    case .failed(_, FailureCode.interrupted.rawValue, let sentence): sentence
    case .timedOut: description + " and continue with --resume"
    default: description
    }
  }
}

#if MPI
extension MPIError: CommandFailure {
  var failureCode: FailureCode { .unavailable }
}
#endif
