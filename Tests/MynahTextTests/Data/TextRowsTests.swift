import MynahText
import Testing

struct TextRowsTests {
  private static func batches(_ count: Int, rowLimit: Int, rowLength: Int, contextLength: Int) throws -> [Batch] {
    let ids = (0..<Int32(count)).map { $0 }
    let rows = try TextRows(ids, rowLimit: rowLimit, rowLength: rowLength, contextLength: contextLength)
    let batches = Array(rows)
    #expect(batches.count == rows.count && batches.allSatisfy { $0.batchSize == rows.rowCount })
    return batches
  }

  /// The tokens that each row reads, either as context or as text.
  private static func rows(_ batches: [Batch], isContext: Bool) -> [[Int32]] {
    (0..<(batches.first?.batchSize ?? 0)).map { row in
      batches.filter { $0.isContext == isContext }.flatMap { batch in
        (0..<(batch.lengths?[row] ?? batch.stepCount)).map { batch.inputs[$0 * batch.batchSize + row] }
      }
    }
  }

  @Test("A short text is one row, from its first token to its last", arguments: [2, 3, 1024, 1025, 1026, 2600])
  func oneRow(count: Int) throws {
    let batches = try Self.batches(count, rowLimit: 50, rowLength: 2600, contextLength: 7)
    #expect(Self.rows(batches, isContext: false) == [(0..<Int32(count - 1)).map { $0 }])
    #expect(batches.flatMap(\.targets) == (1..<Int32(count)).map { $0 } && batches.allSatisfy { !$0.isContext })
    #expect(batches.map(\.carriesState) == batches.indices.map { $0 > 0 })
  }

  @Test(
    "Rows cover the text without gaps, and each row is preceded by its context", arguments: [21, 22, 23, 24])
  func severalRows(count: Int) throws {
    let batches = try Self.batches(count, rowLimit: 3, rowLength: 5, contextLength: 4)
    let (rows, contexts) = (Self.rows(batches, isContext: false), Self.rows(batches, isContext: true))
    #expect(rows.count == 3 && rows.flatMap { $0 } == (0..<Int32(count - 1)).map { $0 })
    #expect(contexts[0].isEmpty)
    for (row, context) in zip(rows, contexts).dropFirst() { #expect(context == (row[0] - 4..<row[0]).map { $0 }) }
    #expect(batches.reduce(0) { $0 + $1.targetCount } == count - 1)
    #expect(batches[0].isContext && batches[0].targetCount == 0 && batches[0].weights?.allSatisfy { $0 == 0 } == true)
  }

  @Test("A text of fewer than two tokens has nothing to predict")
  func tooShort() {
    for ids in [[], [1]] as [[Int32]] { #expect(throws: TextError.self) { try TextRows(ids, rowLimit: 2) } }
  }

  @Test("A preceding token counts as one of the tokens")
  func precededTokens() {
    let tokens = PrecededTokens(9, [1, 2, 3] as [Int32])
    #expect(tokens.count == 4 && tokens.ids(in: 0..<4) == [9, 1, 2, 3] && tokens.ids(in: 1..<3) == [1, 2])
    #expect(tokens.ids(in: 0..<1) == [9] && tokens.ids(in: 0..<0) == [] && tokens.ids(in: 4..<4) == [])
  }
}
