import MynahText

/// Tokens between two positions at which the state is reset.
package struct TextRun: Sendable {
  /// A Boolean value indicating whether the state is reset before the run.
  package let beginsText: Bool
  /// The tokens to read before the run, which are not predicted: at most one.
  package let context: [Int32]
  /// A Boolean value indicating whether the context is a token of the text itself.
  package let contextIsToken: Bool
  /// The tokens to predict.
  package let ids: [Int32]
}

extension [TextToken] {
  /// The tokens in runs.
  package var runs: [TextRun] {
    var (runs, rest) = ([TextRun](), self[...])
    while let first = rest.first {
      let end = rest.dropFirst().firstIndex { $0.beginning != nil } ?? rest.endIndex
      let ids = rest[..<end].map(\.id)
      let run =
        switch first.beginning {
        case .after(let id): TextRun(beginsText: true, context: [id], contextIsToken: false, ids: ids)
        case .ofNothing:
          TextRun(beginsText: true, context: [first.id], contextIsToken: true, ids: [Int32](ids.dropFirst()))
        case nil: TextRun(beginsText: false, context: [], contextIsToken: false, ids: ids)
        }
      runs.append(run)
      rest = rest[end...]
    }
    return runs
  }
}
