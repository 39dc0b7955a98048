import ArgumentParser
import Foundation
import MynahIO
import MynahTensors
import MynahTraining
#if MPI
import MynahMPI
#endif

/// A command that several processes can run together.
protocol CommandOfRanks: ParsableCommand {
  var ranks: RankOptions { get }
}

/// The processes that run a command together: one, or as many as `mpirun` started.
enum Ranks {
  /// The connection to the other processes.
  @TaskLocal static var communicator: any Communicator = SingleProcess()
  /// The number of ranks that may use the same cores of the same machine, this one included.
  @TaskLocal static var coreSharerCount = 1

  /// The processes that share work other than training; nil if there is only one.
  static var sharing: WorkSharing? {
    let communicator = communicator
    guard communicator.rankCount > 1 else { return nil }
    return WorkSharing(rank: communicator.rank, rankCount: communicator.rankCount) {
      try communicator.gathered($0)
    } collect: {
      try communicator.collected($0)
    }
  }

  /// Checks that all ranks run the same program with the same arguments and files.
  ///
  /// - Parameters:
  ///   - files: The files that are read. "-" is refused.
  ///   - computes: A Boolean value indicating whether results depend on the instruction set.
  /// - Throws: `RankError`, `CommunicationError`.
  static func compare(files: [String], computes: Bool = true) throws {
    guard communicator.rankCount > 1 else { return }
    guard !files.contains("-") else { throw RankError.standardInput }
    var facts = RankFacts(instructionSet: computes)
    facts.addArguments()
    for path in files { facts.add(fileAt: path) }
    try facts.compare(over: communicator)
  }

  /// A Boolean value indicating whether this process writes files and prints results.
  static var isFirst: Bool { communicator.rank == 0 }

  /// Runs a command, as one of several ranks if an MPI launcher started the process.
  ///
  /// An error on one rank ends all ranks; rank 0 prints it.
  ///
  /// - Parameters:
  ///   - output: The output of this rank.
  ///   - printError: Prints the sentence of an error.
  /// - Throws: `PrintedError` once the ranks are connected, other errors before.
  static func joining(
    _ launched: LaunchedRank?, _ command: any ParsableCommand, _ output: RankOutput, printError: (any Error) -> Void,
    _ body: () throws -> Void
  ) throws {
    guard let launched else { return try body() }
    guard let ranked = command as? any CommandOfRanks else {
      throw RankError.oneProcess(command: type(of: command).configuration.commandName ?? "this command")
    }
    #if MPI
    let timeout = ranked.ranks.timeout
    let communicator = try MPICommunicator(timeout: timeout)
    guard communicator.rankCount == launched.count, communicator.rank == launched.rank else {
      throw RankError.otherLauncher(count: launched.count, found: communicator.rankCount)
    }
    do {
      try $communicator.withValue(communicator) {
        try $coreSharerCount.withValue(coreSharerCount(communicator), operation: body)
      }
    } catch {
      try end(communicator, with: error, timeout: timeout, output, printError)
    }
    // Rank 0 may still be writing a file; if it dies, its launcher ends the others.
    if !communicator.close(within: communicator.rank == 0 ? timeout : .infinity) {
      let error = CommunicationError.timedOut(rank: communicator.others.min() ?? 0, seconds: timeout)
      abort(communicator, error, output, printError)
    }
    #else
    _ = (launched, ranked)
    throw RankError.noMPI
    #endif
  }

  #if MPI
  /// Returns the number of ranks that may use the same cores as this one.
  private static func coreSharerCount(_ communicator: MPICommunicator) throws -> Int {
    let own = Array("\(ProcessInfo.processInfo.hostName) \(PhysicalCores.allowed ?? [])".utf8)
    return try communicator.gathered(own).count { $0 == own }
  }

  /// Ends this rank with an error of its own or of another rank, after the error has been sent to all ranks.
  private static func end(
    _ communicator: MPICommunicator, with error: any Error, timeout: Double, _ output: RankOutput,
    _ printError: (any Error) -> Void
  ) throws -> Never {
    switch error as? CommunicationError {
    case .timedOut: abort(communicator, error, output, printError)
    case .failed: break
    default:
      let (code, sentence) = MynahTool.failure(of: error)
      communicator.sendFailure(code: code.rawValue, sentence: sentence)
    }
    // Print the error before any rank ends: the launcher ends all of them when one has ended.
    if communicator.rank == 0 { printError(error) }
    guard communicator.close(within: timeout) else { abort(communicator, error, output, printError) }
    throw PrintedError(code: MynahTool.failure(of: error).code)
  }

  /// Ends all ranks when one does not respond; the lowest rank that waits for it prints the error.
  private static func abort(
    _ communicator: MPICommunicator, _ error: any Error, _ output: RankOutput, _ printError: (any Error) -> Void
  ) -> Never {
    // If a lower rank is also waiting, it ends this one in the meantime.
    Thread.sleep(forTimeInterval: Double(min(communicator.rank, 20)) / 2)
    output.restore()
    printError(error)
    communicator.abort(code: MynahTool.failure(of: error).code.rawValue)
  }
  #endif
}

/// The error of a rank when the original error has already been printed, by this rank or another one.
struct PrintedError: Error {
  let code: FailureCode
}

/// Standard output and standard error of a rank.
///
/// On ranks other than 0 they are discarded, because they would repeat the results and messages of rank 0.
struct RankOutput {
  /// A descriptor of the original standard error; nil if nothing is discarded.
  private let original: Int32?

  init(_ launched: LaunchedRank?) {
    let null = unsafe open("/dev/null", O_WRONLY)
    guard launched?.rank ?? 0 > 0, null >= 0 else {
      if null >= 0 { close(null) }
      original = nil
      return
    }
    original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
    dup2(null, STDOUT_FILENO)
    dup2(null, STDERR_FILENO)
    close(null)
  }

  /// Restores standard error.
  func restore() {
    if let original { dup2(original, STDERR_FILENO) }
  }

  /// Waits before a rank that has not joined the others prints its error.
  ///
  /// Rank 0 probably has the same error, and the launcher ends all ranks when rank 0 ends. If this rank is still
  /// running then, the error is its own.
  func letFirstRankPrint() {
    guard original != nil else { return }
    Thread.sleep(forTimeInterval: 3)
    restore()
  }
}

/// The reason why processes cannot run a command together.
enum RankError: CommandFailure {
  /// The command does not support several processes.
  case oneProcess(command: String)
  /// The program was built without MPI.
  case noMPI
  /// The launcher belongs to a different MPI than the program, so the program does not find the other ranks.
  case otherLauncher(count: Int, found: Int)
  /// The program, the text or a setting of a rank differs from that of rank 0.
  case differs(rank: Int, what: String, found: String, expected: String)
  /// Standard input reaches rank 0 only.
  case standardInput

  var failureCode: FailureCode {
    switch self {
    case .oneProcess, .standardInput: .usage
    case .noMPI, .otherLauncher: .unavailable
    case .differs: .badData
    }
  }

  var sentence: String {
    switch self {
    case .oneProcess(let command): "mynah \(command) runs in one process; start it without mpirun"
    case .noMPI:
      "this build of mynah runs in one process; build it with MPI: swift build -c release --traits MPI"
    case .otherLauncher(let count, let found):
      "the launcher started \(count) ranks and MPI finds \(found); start them with the mpirun of the MPI that mynah was "
        + "built with"
    case .differs(let rank, RankFacts.instructionSet, let found, let expected):
      "rank \(rank) computes with \(found) and rank 0 with \(expected), so their results differ in the last bits; set "
        + "MYNAH_INSTRUCTION_SET to the same value on all ranks (mynah train: or --allow-mixed)"
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
    // An interruption is the same error on all ranks, so its message names no rank.
    case .failed(_, FailureCode.interrupted.rawValue, let sentence): sentence
    case .timedOut: description + " and run the command again (mynah train: with --resume)"
    default: description
    }
  }
}

extension WorkSharingError: CommandFailure {
  var failureCode: FailureCode { .badData }
}

#if MPI
extension MPIError: CommandFailure {
  var failureCode: FailureCode { .unavailable }
}
#endif
