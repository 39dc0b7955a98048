import ArgumentParser

/// A command with many flags, whose help shows the common ones; `--help-all` shows all of them.
///
/// The flags are not hidden from the parser, which would omit hidden flags from completion scripts and manual pages.
protocol ShortHelp: ParsableCommand {
  /// The flags that most people need.
  static var commonFlags: Set<String> { get }
}

extension ShortHelp {
  /// Returns a help text without the entries of other flags, and without sections that have no entry left.
  ///
  /// - Parameter names: The words of the command, for the note at the end.
  static func shortHelp(of help: String, _ names: [String]) -> String {
    let shown = commonFlags.union(["--help", "--version"])
    var (lines, section, isKept, omittedCount) = ([String](), [String](), true, 0)
    func isTitle(_ line: Substring) -> Bool {
      line.hasSuffix(":") && line.dropLast().allSatisfy { $0.isUppercase || $0 == " " }
    }
    for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
      if isTitle(line) {
        (section, isKept) = ([String(line)], true)
        continue
      }
      if line.hasPrefix("  -") {
        let flag = line.split(whereSeparator: { " ,".contains($0) }).first { $0.hasPrefix("--") }
        isKept = flag.map { shown.contains(String($0)) } ?? true
        if !isKept { omittedCount += 1 }
      } else if line.isEmpty {
        isKept = true
      }
      guard isKept else { continue }
      // A title is written with the first line of its section.
      if !line.isEmpty || section.isEmpty {
        lines += section
        section = []
      }
      if !(line.isEmpty && lines.last?.isEmpty == true) { lines.append(String(line)) }
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return (lines + ["", "mynah \(names.joined(separator: " ")) --help-all lists \(omittedCount) more flags."])
      .joined(separator: "\n")
  }
}
