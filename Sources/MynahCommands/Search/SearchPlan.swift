import Foundation
import MynahIO
import MynahTraining

/// The settings of a search and its results so far, in a file beside the model.
struct SearchPlan: Codable {
  /// The words of `mynah train` with ranges.
  let words: [String]
  /// The number of runs that were requested; there are fewer if the ranges have fewer settings.
  let runCount: Int
  let reductionFactor: Int
  let seed: Int
  /// The hash of the texts' tokens.
  let textHash: String
  /// The epochs of the last rung.
  let epochs: Int
  /// The values of the ranges, for each run.
  let settings: [[String]]
  /// The results, in the order of the runs' ends.
  var results: [SuccessiveHalving.Result] = []

  /// Returns the path of the plan: the model's path followed by ".search".
  static func path(beside modelPath: String) -> String { modelPath + ".search" }

  /// Reads a plan.
  ///
  /// - Throws: `FileError`, `SearchError`.
  init(contentsOf path: String) throws {
    guard FileKind(at: path) != nil else { throw SearchError.nothingToResume(path: path) }
    guard let plan = Self(ifPlan: path) else { throw SearchError.malformedPlan(path: path) }
    self = plan
  }

  /// Reads a plan; nil if the file does not contain one.
  init?(ifPlan path: String) {
    guard let text = try? TextFile(at: path).text,
      let plan = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)), plan.isConsistent
    else { return nil }
    self = plan
  }

  init(
    words: [String], runCount: Int, reductionFactor: Int, seed: Int, textHash: String, epochs: Int,
    settings: [[String]]
  ) {
    (self.words, self.runCount, self.reductionFactor, self.seed) = (words, runCount, reductionFactor, seed)
    (self.textHash, self.epochs, self.settings) = (textHash, epochs, settings)
  }

  private var isConsistent: Bool {
    reductionFactor > 1 && epochs > 0 && !settings.isEmpty
      && results.allSatisfy { settings.indices.contains($0.run - 1) && halving.rungs.indices.contains($0.rung - 1) }
  }

  var halving: SuccessiveHalving {
    SuccessiveHalving(runCount: settings.count, epochs: epochs, factor: reductionFactor)
  }

  /// Writes the file atomically.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write([UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
  }
}

/// An error of a search.
enum SearchError: CommandFailure {
  /// There is no plan to resume.
  case nothingToResume(path: String)
  /// A file contains no plan, or one that contradicts itself.
  case malformedPlan(path: String)
  /// A setting differs from that of the search that is resumed; `own` is nil if the search has none.
  case otherSetting(what: String, given: String, own: String?)
  /// All runs diverged.
  case allDiverged(count: Int)

  var failureCode: FailureCode {
    switch self {
    case .nothingToResume: .noSuchInput
    case .malformedPlan, .otherSetting, .allDiverged: .badData
    }
  }

  var sentence: String {
    switch self {
    case .nothingToResume(let path):
      "there is no search at \(path.quoted()) to resume; leave --resume out to start a new one"
    case .malformedPlan(let path):
      "expected the plan of a search, found something else in \(path.quoted()); start a new search with another --output"
    case .otherSetting(let what, let given, let own):
      "\(what) is \(given.excerpt(80)) and was \((own ?? "none").excerpt(80)) in the search that is resumed; give the same "
        + "value, or start a new search with another --output"
    case .allDiverged(let count):
      "\(count == 1 ? "the only run" : "all \(count) runs") diverged; search lower learning rates, or clip gradients "
        + "with --clip"
    }
  }
}
