import MynahText

/// Reads the tokens of texts with a predictor, which is reset where a text begins.
struct TextReading: Sendable {
  /// The predictor before a text.
  private let beginning: any Predictor
  /// The predictor after the tokens so far.
  private(set) var predictor: any Predictor

  /// Creates a reading.
  ///
  /// - Parameter predictor: A predictor that has not begun a text, or one that the first of the tokens continues.
  init(_ predictor: any Predictor) { (beginning, self.predictor) = (predictor, predictor) }

  /// Reads tokens and returns ln p of each, nil of one that is context only.
  ///
  /// - Throws: `InferenceError.notFinite`.
  mutating func score(_ tokens: [TextToken]) throws -> [Double?] {
    var result: [Double?] = []
    result.reserveCapacity(tokens.count)
    for run in tokens.runs {
      if run.beginsText { predictor = beginning }
      try predictor.read(run.context)
      if run.contextIsToken { result.append(nil) }
      result += try predictor.score(run.ids).map { $0 }
    }
    return result
  }

  /// Reads a token and returns ln p of all tokens at its position; nil if it is context only.
  ///
  /// - Throws: `InferenceError.notFinite`.
  mutating func logProbabilities(reading token: TextToken) throws -> [Double]? {
    guard try !begin(before: token) else { return nil }
    let all = try predictor.logProbabilities()
    try predictor.read([token.id])
    return all
  }

  /// Resets the predictor if a text begins with the token; returns whether the token is context only and was read.
  private mutating func begin(before token: TextToken) throws -> Bool {
    guard let start = token.beginning else { return false }
    predictor = beginning
    switch start {
    case .after(let id):
      try predictor.read([id])
      return false
    case .ofNothing:
      try predictor.read([token.id])
      return true
    }
  }
}
