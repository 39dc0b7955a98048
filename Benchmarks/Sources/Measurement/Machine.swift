import Foundation

/// The machine that ran the benchmarks.
package struct Machine: Codable, Hashable, Sendable {
  /// The processor's name as the system reports it.
  package let cpu: String
  /// The number of cores that this process may use.
  package let cores: Int

  /// This machine.
  package static var current: Machine {
    Machine(cpu: cpuName ?? "unknown", cores: ProcessInfo.processInfo.activeProcessorCount)
  }

  private static var cpuName: String? {
    #if os(macOS)
    return Shell.output("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
    #else
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    return Machine.name(inProcessorList: text)
    #endif
  }

  /// Returns the processor's name from the contents of Linux's /proc/cpuinfo.
  package static func name(inProcessorList text: String) -> String? {
    for key in ["model name", "Model", "Processor"] {
      let line = text.split(whereSeparator: \.isNewline).first { line in
        line.split(separator: ":").first?.trimmingCharacters(in: .whitespaces) == key
      }
      if let line, let colon = line.firstIndex(of: ":") {
        return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      }
    }
    return nil
  }
}

/// The state of the sources and the compiler.
package enum SourceState {
  /// The commit, followed by `-dirty` if files differ from it; "unknown" outside a repository.
  package static var commit: String {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    return Shell.output("/usr/bin/env", "git", "-C", folder, "describe", "--always", "--dirty", "--exclude=*")
      ?? "unknown"
  }

  /// The first line of `swift --version`, or "unknown".
  package static var swiftVersion: String {
    let text = Shell.output("/usr/bin/env", "swift", "--version")
    return text?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "unknown"
  }
}

enum Shell {
  /// Returns the trimmed standard output of a program, or nil if it fails or prints nothing.
  static func output(_ program: String, _ arguments: String...) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = (try? pipe.fileHandleForReading.readToEnd()) ?? nil
    process.waitUntilExit()
    let text = String(decoding: data ?? Data(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return process.terminationStatus == 0 && !text.isEmpty ? text : nil
  }
}
