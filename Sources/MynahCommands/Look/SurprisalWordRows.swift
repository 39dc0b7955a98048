import Foundation
import MynahAnalysis
import MynahIO
import MynahModels
import MynahText

/// The output of `mynah surprisal --by-word`: the words of a text with the surprisals of one or more models.
struct SurprisalWordRows {
  private let paths: [String]
  private let isJSON: Bool
  private var words: ComparedWords

  init(
    _ models: [(path: String, file: ModelFile)], _ precision: WeightPrecisionOptions, policy: StatePolicy,
    _ isJSON: Bool
  ) {
    (paths, self.isJSON) = (models.map(\.path), isJSON)
    let readers = models.map { model in
      WordSurprisals(precision.model(of: model.file), tokenizer: model.file.tokenizer, policy: policy)
    }
    words = ComparedWords(readers, policy: policy)
  }

  /// Reads files, or standard input if there are none, and prints each word as soon as it is read.
  mutating func read(_ files: [String]) throws {
    if !isJSON { try StandardOutput.write(header) }
    var lines = try LineReader(files)
    var progress = WorkProgress("reading", on: .terminalWithoutResults)
    defer { progress.clear() }
    while let line = try lines.next() {
      progress.report(lines.share)
      try write(words.append(line.text, number: line.number, isEnded: line.isEnded))
    }
    try write(words.finish())
  }

  private func write(_ rows: [ComparedWords.Row]) throws {
    for (word, surprisals) in rows {
      if isJSON {
        try StandardOutput.writeJSON(figures(word, surprisals))
      } else {
        try StandardOutput.write(cells(word, surprisals))
      }
    }
  }

  // MARK: Formats

  private static let columns = ["token_count", "log_probability", "bits", "oov"]

  private var header: String {
    let others = paths.indices.dropFirst().flatMap { index in Self.columns.map { "\($0).\(index + 1)" } }
    return (["line", "word_index", "word"] + Self.columns + others).joined(separator: "\t") + "\n"
  }

  /// Returns a row of the table; the cells of a model that does not predict the word are empty.
  private func cells(_ word: TextWord, _ row: [WordSurprisal?]) -> String {
    let cells = row.flatMap { entry in
      entry.map { ["\($0.tokenCount)", $0.logProbability.cell, $0.bits.cell, $0.isUnknown ? "1" : "0"] }
        ?? Self.columns.map { _ in "" }
    }
    return (["\(word.line)", "\(word.index)", word.text.tableCell] + cells).joined(separator: "\t") + "\n"
  }

  /// A JSON object.
  private struct Figures: Encodable {
    struct Other: Encodable {
      let model: String
      let tokenCount: Int?
      let logProbability, bits: Double?
      let isUnknown: Bool?
    }
    let line, wordIndex: Int
    let word: String
    let tokenCount: Int?
    let logProbability, bits: Double?
    let isUnknown: Bool?
    let others: [Other]?
  }

  private func figures(_ word: TextWord, _ row: [WordSurprisal?]) -> Figures {
    let others = zip(paths, row).dropFirst().map { path, entry in
      Figures.Other(
        model: path, tokenCount: entry?.tokenCount, logProbability: entry?.logProbability, bits: entry?.bits,
        isUnknown: entry?.isUnknown)
    }
    return Figures(
      line: word.line, wordIndex: word.index, word: word.text, tokenCount: row[0]?.tokenCount,
      logProbability: row[0]?.logProbability, bits: row[0]?.bits, isUnknown: row[0]?.isUnknown,
      others: others.isEmpty ? nil : others)
  }
}
