import Foundation

extension KerasTokenizer {
  /// What a matrix of texts holds of each word.
  public enum MatrixMode: String, Sendable, CaseIterable {
    /// Whether it is in the text: 1 or 0.
    case binary
    /// How often it is in the text.
    case count
    /// Its share of the text's tokens.
    case frequency = "freq"
    /// (1 + ln c) · ln(1 + D / (1 + d)) for c occurrences in the text, d of the D counted texts having the word.
    case inverseDocumentFrequency = "tfidf"
  }

  /// A row a text and a column a number: Keras's `texts_to_matrix`.
  ///
  /// There are as many columns as the limit says, or one more than there are different words; column 0 is always zero.
  ///
  /// - Precondition: texts were counted before.
  public func matrix(of texts: [String], _ mode: MatrixMode = .binary) -> [[Double]] {
    precondition(documentCount > 0, "a matrix of texts takes a tokenizer that has counted texts, found none counted")
    let width = settings.limit < .max ? settings.limit : Set(index.tokens.dropFirst().map { Array($0.utf8) }).count + 1
    return texts.map { row(sequence(of: $0), width, mode) }
  }

  private func row(_ sequence: [Int32], _ width: Int, _ mode: MatrixMode) -> [Double] {
    var row = Array(repeating: 0.0, count: width)
    for number in sequence where number < width { row[Int(number)] += 1 }
    for (number, count) in row.enumerated() where count > 0 {
      switch mode {
      case .binary: row[number] = 1
      case .count: break
      case .frequency: row[number] = count / Double(sequence.count)
      case .inverseDocumentFrequency:
        let textCount = Double(1 + counts.textCount(of: index[Int32(number)]))
        row[number] = (1 + log(count)) * log(1 + Double(documentCount) / textCount)
      }
    }
    return row
  }
}
