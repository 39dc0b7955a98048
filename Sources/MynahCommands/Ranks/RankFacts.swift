import Foundation
import MynahIO
import MynahTensors
import MynahTraining

/// The facts that must be equal on all ranks, by name.
struct RankFacts {
  private var values: [(name: String, value: String)] = []

  /// Creates facts of the program and, unless it may differ, the instruction set.
  init(instructionSet: Bool) {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
    let path = FileManager.default.isReadableFile(atPath: program) ? program : Bundle.main.executablePath ?? ""
    add("the program", SHA256.hexadecimal(ofFileAt: path) ?? "unknown")
    if instructionSet { add(Self.instructionSet, Kernels.instructionSet) }
  }

  /// The name of the instruction set among the facts.
  static let instructionSet = "the instruction set"

  mutating func add(_ name: String, _ value: String) { values.append((name, value)) }

  /// Adds the arguments of the command line, but not the number of threads, which may differ.
  mutating func addArguments() {
    var arguments = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--threads=") }
    while let flag = arguments.firstIndex(of: "--threads") {
      arguments.removeSubrange(flag..<min(flag + 2, arguments.count))
    }
    add("the number of arguments", "\(arguments.count)")
    for (index, argument) in arguments.enumerated() { add("argument \(index + 1)", argument) }
  }

  /// Adds the hash of a file's content.
  mutating func add(fileAt path: String) {
    add("the content of \(path.quoted())", SHA256.hexadecimal(ofFileAt: path) ?? "none")
  }

  /// Adds the members of a value, named as in its JSON.
  mutating func add(_ prefix: String, _ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let object = try JSONSerialization.jsonObject(with: encoder.encode(value)) as? [String: Any] else { return }
    for (name, part) in object.sorted(by: { $0.key < $1.key }) {
      let data = try JSONSerialization.data(withJSONObject: part, options: [.sortedKeys, .fragmentsAllowed])
      add("\(prefix) (\(name))", String(decoding: data, as: UTF8.self))
    }
  }

  /// Compares the facts of all ranks.
  ///
  /// - Throws: `RankError.differs` about the first difference, the same on all ranks, or `CommunicationError`.
  func compare(over communicator: any Communicator) throws {
    guard communicator.rankCount > 1 else { return }
    let all = try communicator.gathered(Array(JSONEncoder().encode(values.map { [$0.name, $0.value] })))
      .map { try JSONDecoder().decode([[String]].self, from: Data($0)) }
    for (rank, facts) in all.enumerated() {
      for (expected, found) in zip(all[0], facts) where found != expected {
        throw RankError.differs(rank: rank, what: expected[0], found: found[1], expected: expected[1])
      }
      guard facts.count == all[0].count else { throw CommunicationError.unexpected(rank: rank) }
    }
  }
}
