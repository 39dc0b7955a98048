import Foundation

/// The figures of a document of the course, printed next to ours.
public struct Figures {
  private var differences = 0

  /// Begins a page of the course.
  public init(_ title: String) { print("# \(title)") }

  /// Prints the heading of a step.
  public func step(_ title: String) { print("\n## \(title)") }

  /// Prints a figure that must equal the document's.
  public mutating func exact<Value: Equatable>(_ name: String, _ ours: Value, document: Value) {
    report(name, "\(ours)", document: "\(document)", agrees: ours == document)
  }

  /// Prints a figure that depends on random draws: it must be near the document's.
  ///
  /// - Parameter share: The largest difference, relative to the document's figure.
  public mutating func near(_ name: String, _ ours: Double, document: Double, within share: Double) {
    report(
      name, String(format: "%.4f", ours), document: "\(document) ± \(100 * share) %",
      agrees: abs(ours / document - 1) <= share)
  }

  /// Prints a figure that the document only describes in words.
  ///
  /// - Parameter agrees: A Boolean value indicating whether the figure agrees with the description.
  public mutating func check(_ name: String, _ ours: Double, document: String, _ agrees: Bool) {
    report(name, String(format: "%.4f", ours), document: document, agrees: agrees)
  }

  private mutating func report(_ name: String, _ ours: String, document: String, agrees: Bool) {
    if !agrees { differences += 1 }
    print("\(agrees ? "ok  " : "DIFF") \(name): \(ours)" + (ours == document ? "" : "  (document: \(document))"))
  }

  /// Ends the program: with exit code 1 if a figure differs from the document's.
  public func finish() -> Never {
    print("\n\(differences == 0 ? "all figures agree" : "\(differences) figures differ")")
    exit(differences == 0 ? 0 : 1)
  }
}

/// Returns the numbers as a line, separated by spaces.
public func line(_ numbers: some Sequence<Int32>) -> String { numbers.map { "\($0)" }.joined(separator: " ") }

/// Returns the folder of a data set: the first argument of the program, or a folder in `MYNAH_DATA`.
///
/// If there is neither, the program ends with a message that names the command that gets the data.
public func dataFolder(_ name: String) -> String {
  let base = ProcessInfo.processInfo.environment["MYNAH_DATA"] ?? "data"
  let folder = CommandLine.arguments.dropFirst().first ?? "\(base)/\(name)"
  guard !FileManager.default.fileExists(atPath: folder) else { return folder }
  let advice = """
    error: the folder \(folder) does not exist; get the data set with
      mynah data get \(name) --output data/\(name)
    or name its folder: in the environment as MYNAH_DATA/\(name), or as the argument of this program\n
    """
  FileHandle.standardError.write(Data(advice.utf8))
  exit(66)
}
