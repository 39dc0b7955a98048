import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah pairs`: the accuracy of a model on minimal pairs.
struct PairsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "Print how often a model prefers the acceptable one of two sentences.",
    discussion: """
      Reads files with one JSON object per line, with the keys sentence_good and sentence_bad of BLiMP. For models of \
      words, a word that the vocabulary lacks is tried in lowercase and without punctuation.
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Files of pairs.", completion: .file())
  var files: [String]

  @Flag(help: "Do not change the spelling of the sentences.")
  var verbatim = false

  @Flag(help: "Print a JSON object for each file.")
  var json = false

  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions

  mutating func run() throws {
    try threads.run { try compare() }
  }

  private func compare() throws {
    let file = try ModelFile(contentsOf: model)
    let inference = precision.model(of: file)
    let isOfWords = if case .word = file.tokenizer { true } else { false }
    try FlagRule("--verbatim", verbatim, needs: "a model of words", isOfWords).check()
    let familiar = FamiliarWords(file.tokenizer.vocabulary)
    for path in files {
      let pairs = try Self.pairs(at: path)
      let report = try inference.compare(pairs, tokenizer: file.tokenizer) {
        isOfWords && !verbatim ? familiar($0) : $0
      }
      let figures = Figures(
        file: path, accuracy: report.accuracy, coverage: report.coverage, pairCount: report.pairCount,
        tieCount: report.tieCount, knownPairCount: report.knownPairCount, knownAccuracy: report.knownAccuracy)
      if json { try StandardOutput.writeJSON(figures) } else { try StandardOutput.write(figures.inWords) }
    }
  }

  private static func pairs(at path: String) throws -> [MinimalPair] {
    var lines = try LineReader([path])
    var pairs: [MinimalPair] = []
    while let line = try lines.next() {
      guard !line.text.allSatisfy(\.isWhitespace) else { continue }
      do {
        pairs.append(try JSONDecoder().decode(MinimalPair.self, from: Data(line.text.utf8)))
      } catch {
        throw PairsError(path: path, line: line.number)
      }
    }
    guard !pairs.isEmpty else { throw FileError.emptyText(path: path) }
    return pairs
  }

  private struct Figures: Encodable {
    let file: String
    let accuracy, coverage: Double
    let pairCount, tieCount: Int
    let knownPairCount: Int
    let knownAccuracy: Double

    var inWords: String {
      "\(file): \((100 * accuracy).formatted(1)) % of \(pairCount.grouped) pairs right (\(tieCount.grouped) ties), "
        + "\((100 * coverage).formatted(1)) % of the tokens known; "
        + (knownPairCount > 0
          ? "\((100 * knownAccuracy).formatted(1)) % of the \(knownPairCount.grouped) pairs without an unknown word\n"
          : "no pair without an unknown word\n")
    }
  }
}

/// An error of a line that is not a pair.
private struct PairsError: CommandFailure {
  let path: String
  let line: Int

  var failureCode: FailureCode { .badData }
  var sentence: String {
    "expected a JSON object with sentence_good and sentence_bad in line \(line) of \(path.quoted()), found something "
      + "else; correct or remove the line"
  }
}
