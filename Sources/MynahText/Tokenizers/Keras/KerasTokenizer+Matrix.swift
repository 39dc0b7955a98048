import Foundation

import MynahIO
extension KerasTokenizer {
  /// The value of each word in a matrix of texts.
  public enum MatrixMode: String, Sendable, CaseIterable {
    /// 1 if the word is in the text, 0 otherwise.
    case binary
    /// The number of occurrences in the text.
    case count
    /// The relative frequency: the share of the text's tokens.
    case frequency = "freq"
    /// (1 + ln c) · ln(1 + D / (1 + d)) for c occurrences in the text, where d of the D fitted texts contain the word.
    case inverseDocumentFrequency = "tfidf"
  }

  /// Returns a matrix with one row per text and one column per ID, as Keras's `texts_to_matrix` does.
  ///
  /// The number of columns is the limit or, without one, the number of distinct words plus one; column 0 is always
  /// zero.
  ///
  /// - Precondition: The tokenizer has been fitted on texts.
  public func matrix(of texts: [String], _ mode: MatrixMode = .binary) -> [[Double]] {
    require(documentCount > 0, "a matrix of texts needs a tokenizer that was fitted on texts")
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
