package import Foundation

/// The results of a benchmark run and a description of the machine and build, encoded as one JSON object.
package struct Report: Codable, Sendable {
  package var machine: Machine
  package var instructionSet: String
  package var threads: Int
  package var commit: String
  package var date: Date
  package var swift: String
  package var results: [Result]
  /// Cases that this machine cannot run, with the reason.
  package var skipped: [String: String] = [:]

  /// The figures of one case.
  package struct Result: Codable, Hashable, Sendable {
    package let name: String
    /// The number of warm-up calls.
    package let warmUp: Int
    /// The number of measured repeats.
    package let repeats: Int
    /// The median time of a call, in `unit`.
    package let median: Double
    package let unit: String
    package let throughput: Double
    package let throughputUnit: String

    package init(name: String, timing: Timing, work: Work) {
      self.name = name
      warmUp = timing.warmUpCalls
      repeats = timing.repeats
      median = timing.medianSeconds * 1e3
      unit = "ms"
      throughput = work.throughput(seconds: timing.medianSeconds)
      throughputUnit = work.unit
    }

    /// The figures as a line of a table.
    package var line: String {
      let (median, throughput) = (median.significant(4), throughput.significant(4))
      return name.padded(to: 46) + "\(median) ms".leftPadded(to: 14) + throughput.leftPadded(to: 12) + " "
        + throughputUnit
    }
  }

  package init(machine: Machine, instructionSet: String, threads: Int, date: Date, results: [Result]) {
    self.machine = machine
    self.instructionSet = instructionSet
    self.threads = threads
    self.date = date
    self.results = results
    commit = SourceState.commit
    swift = SourceState.swiftVersion
  }

  /// Returns the report as a JSON object with sorted keys.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension Double {
  /// Returns a number with the given count of significant digits, without an exponent.
  package func significant(_ digits: Int) -> String {
    guard isFinite && self != 0 else { return "\(self)" }
    let whole = Int(log10(abs(self)).rounded(.down)) + 1
    return String(format: "%.\(max(0, digits - whole))f", self)
  }
}

extension String {
  package func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  package func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
