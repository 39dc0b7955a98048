import Foundation
import MynahAnalysis
import MynahIO
import MynahText

/// The output of `mynah surprisal` for tokens: as text, as rows of a table and as JSON.
struct SurprisalTokenRows {
  /// A token with its positions.
  struct Row {
    let line: Int
    /// The number of the token in its line; 1 is the first.
    let index: Int
    /// The word that the token belongs to; nil for white space and line ends.
    let word: TextWord?
  }

  private let vocabulary: Vocabulary
  private let unknownID: Int32?
  private var aligner: WordAligner
  private var (line, index) = (0, 0)

  init(_ tokenizer: AnyTokenizer) {
    (vocabulary, unknownID, aligner) = (tokenizer.vocabulary, tokenizer.unknownTokenID, WordAligner(tokenizer))
  }

  mutating func append(_ line: LineReader.Line) throws {
    try aligner.append(line.text, number: line.number, isEnded: line.isEnded)
  }

  /// Returns the positions of the next token.
  ///
  /// - Parameter requiresWord: A Boolean value indicating whether tokens that do not spell the text are an error.
  mutating func next(_ token: TextToken, requiringWord requiresWord: Bool) throws -> Row {
    (line, index) = token.line == line ? (line, index + 1) : (token.line, 1)
    do {
      return Row(line: line, index: index, word: try aligner.word(of: token))
    } catch  where !requiresWord {
      return Row(line: line, index: index, word: nil)
    }
  }

  // MARK: Formats

  static func header(modelCount: Int) -> String {
    let first = "line word_index word token token_index log_probability bits rank oov entropy entropy_reduction"
    let others = (1..<modelCount).flatMap { number in
      ["log_probability", "bits", "rank", "entropy", "entropy_reduction"].map { "\($0).\(number + 1)" }
    }
    return (first.split(separator: " ").map(String.init) + others).joined(separator: "\t") + "\n"
  }

  /// Returns a row of the table: all columns for the first model, and only those that can differ for the other models.
  func cells(_ row: Row, _ surprisals: [TokenSurprisal]) -> String {
    var cells = ["\(row.line)", row.word.map { "\($0.index)" } ?? "", row.word?.text.tableCell ?? ""]
    for (number, surprisal) in surprisals.enumerated() {
      if number == 0 { cells += [vocabulary[surprisal.id].tableCell, "\(row.index)"] }
      cells += [surprisal.logProbability.cell, surprisal.bits.cell, "\(surprisal.rank)"]
      if number == 0 { cells.append(surprisal.id == unknownID ? "1" : "0") }
      cells += [surprisal.entropy.cell, surprisal.entropyReduction.cell]
    }
    return cells.joined(separator: "\t") + "\n"
  }

  /// A JSON object.
  struct Figures: Encodable {
    struct Alternative: Encodable {
      let text: String
      let probability: Double
    }
    let line: Int
    let wordIndex: Int?
    let word: String?
    let text: String
    let tokenIndex: Int
    let logProbability, bits, probability: Double
    let rank: Int
    let isUnknown: Bool
    let entropy, entropyReduction: Double
    let alternatives: [Alternative]
  }

  func figures(_ row: Row, _ surprisal: TokenSurprisal) -> Figures {
    Figures(
      line: row.line, wordIndex: row.word?.index, word: row.word?.text, text: vocabulary[surprisal.id],
      tokenIndex: row.index, logProbability: surprisal.logProbability, bits: surprisal.bits,
      probability: surprisal.probability, rank: surprisal.rank, isUnknown: surprisal.id == unknownID,
      entropy: surprisal.entropy, entropyReduction: surprisal.entropyReduction,
      alternatives: surprisal.alternatives.map {
        Figures.Alternative(text: vocabulary[$0.id], probability: $0.probability)
      })
  }

  func inWords(_ surprisal: TokenSurprisal) -> String {
    let others = surprisal.alternatives.map {
      "\(vocabulary[$0.id].visible) \((100 * $0.probability).brief) %"
    }.joined(separator: ", ")
    let figures = "\(surprisal.bits.formatted(2).leftPadded(7))  \("\(surprisal.rank)".leftPadded(6))"
    return "\(figures)  \(vocabulary[surprisal.id].visible.padding(16))  \(others)\n"
  }
}

extension Double {
  /// The number with nine significant digits, for the cell of a table.
  var cell: String { String(format: "%.9g", self) }
}
