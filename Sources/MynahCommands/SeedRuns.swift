import ArgumentParser
import MynahIO

/// The seeds of a set of training runs, `1..5`.
struct SeedRange: ExpressibleByArgument {
  let seeds: ClosedRange<Int>

  init?(argument: String) {
    let bounds = argument.split(separator: ".", omittingEmptySubsequences: false)
    guard bounds.count == 3, bounds[1].isEmpty, let first = Int(bounds[0]), let last = Int(bounds[2]),
      first >= 0, last >= first, last - first < 1000
    else { return nil }
    seeds = first...last
  }

  /// Returns the path of the model of a seed: `m-seed-1.safetensors` for `m.safetensors`.
  static func path(of seed: Int, beside path: String) -> String { RunFiles.path(of: "seed-\(seed)", beside: path) }
}

/// The figures of a set of runs that differ in their seeds.
struct SeedSummary: Encodable {
  struct Statistics: Encodable {
    let mean: Double
    /// The sample standard deviation, with n − 1 in the denominator; nil for a single run.
    let standardDeviation: Double?

    /// Computes the statistics; nil without values, or if the value of a run is missing.
    init?(_ values: [Double?]) {
      let known = values.compactMap(\.self)
      guard !known.isEmpty, known.count == values.count else { return nil }
      let mean = known.reduce(0, +) / Double(known.count)
      let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.mean = mean
      standardDeviation = known.count > 1 ? (squares / Double(known.count - 1)).squareRoot() : nil
    }

    var inWords: String { mean.asPerplexity + (standardDeviation.map { " ± \($0.formatted(2))" } ?? "") }
  }

  let seeds: [Int]
  let models: [String]
  let validation, test: Statistics?

  init(_ seeds: ClosedRange<Int>, _ results: [TrainingResult]) {
    (self.seeds, models) = (Array(seeds), results.compactMap(\.model))
    (validation, test) = (Statistics(results.map(\.validation)), Statistics(results.map(\.test)))
  }

  /// Writes the figures to standard output.
  func write(json: Bool) throws {
    guard !json else { return try StandardOutput.writeJSON(self) }
    let validation = validation.map { ", validation perplexity \($0.inWords)" } ?? ""
    let test = test.map { ", test perplexity \($0.inWords)" } ?? ""
    try StandardOutput.write("\(seeds.count) runs\(validation)\(test) (mean ± standard deviation)\n")
  }
}
