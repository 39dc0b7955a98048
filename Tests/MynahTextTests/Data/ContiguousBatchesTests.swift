import MynahText
import Testing

struct ContiguousBatchesTests {
  @Test("Rows are contiguous in the text, batches are time-major, and targets are the next tokens")
  func layout() throws {
    let batches = try ContiguousBatches(Array(0..<17), batchSize: 2, stepCount: 3)
    #expect(batches.count == 2)
    #expect(batches.rowLength == 8)
    #expect(batches[0].inputs == [0, 8, 1, 9, 2, 10])
    #expect(batches[0].targets == [1, 9, 2, 10, 3, 11])
    #expect(batches[1].inputs == [3, 11, 4, 12, 5, 13])
    #expect(batches[1].targets == [4, 12, 5, 13, 6, 14])
    #expect(batches[1].stepCount == 3 && batches[1].batchSize == 2)
  }

  @Test("No token is lost or duplicated in the part of the text that fills batches", arguments: [1, 2, 5], [1, 4, 7])
  func coverage(_ batchSize: Int, _ stepCount: Int) throws {
    for count in [batchSize * (stepCount + 1), 83, 84] {
      let batches = try ContiguousBatches(Array(0..<Int32(count)), batchSize: batchSize, stepCount: stepCount)
      #expect(batches.count == (count / batchSize - 1) / stepCount)
      for row in 0..<batchSize {
        let inputs = batches.flatMap { batch in (0..<stepCount).map { batch.inputs[$0 * batchSize + row] } }
        let targets = batches.flatMap { batch in (0..<stepCount).map { batch.targets[$0 * batchSize + row] } }
        let start = Int32(row * (count / batchSize))
        let used = Int32(batches.count * stepCount)
        #expect(inputs == Array(start..<(start + used)))
        #expect(targets == Array((start + 1)...(start + used)))
      }
    }
  }

  @Test("All batches but the first carry the state")
  func state() throws {
    #expect(try ContiguousBatches(Array(0..<17), batchSize: 2, stepCount: 3).map(\.carriesState) == [false, true])
  }

  @Test(
    "If the remainder is kept, each row ends where the next begins, and the last batch has fewer steps",
    arguments: [1, 2, 5])
  func keeping(_ batchSize: Int) throws {
    for count in [batchSize + 1, 83, 84] {
      let batches = try ContiguousBatches(
        Array(0..<Int32(count)), batchSize: batchSize, stepCount: 4, remainder: .keep)
      let rowLength = (count - 1) / batchSize
      #expect(batches.rowLength == rowLength && batches.map(\.stepCount).reduce(0, +) == rowLength)
      for row in 0..<batchSize {
        let inputs = batches.flatMap { batch in (0..<batch.stepCount).map { batch.inputs[$0 * batchSize + row] } }
        let targets = batches.flatMap { batch in (0..<batch.stepCount).map { batch.targets[$0 * batchSize + row] } }
        #expect(inputs == Array(Int32(row * rowLength)..<Int32((row + 1) * rowLength)))
        #expect(targets == inputs.map { $0 + 1 })
      }
    }
    #expect(throws: TextError.tooShortForBatches(tokenCount: 3, needed: 4, batchSize: 3, stepCount: 2)) {
      try ContiguousBatches([1, 2, 3], batchSize: 3, stepCount: 2, remainder: .keep)
    }
    #expect(throws: TextError.tooShortForBatches(tokenCount: 0, needed: 2, batchSize: 1, stepCount: 2)) {
      try ContiguousBatches([], batchSize: 1, stepCount: 2, remainder: .keep)
    }
  }

  @Test("The Brown corpus's 969,950 training tokens give rows of 9,699 tokens and 388 batches, the last with 24 steps")
  func brown() throws {
    let batches = try ContiguousBatches(
      Array(repeating: 0, count: 969_950), batchSize: 100, stepCount: 25, remainder: .keep)
    #expect(batches.rowLength == 9_699 && batches.count == 388)
    #expect(batches[386].stepCount == 25 && batches[387].stepCount == 24)
  }

  @Test("The shortest text fills one batch, and one token less is an error that gives the required number")
  func smallest() throws {
    #expect(try ContiguousBatches([1, 2], batchSize: 1, stepCount: 1).map(\.targets) == [[2]])
    #expect(try ContiguousBatches(Array(0..<63), batchSize: 3, stepCount: 20).count == 1)
    #expect(throws: TextError.tooShortForBatches(tokenCount: 62, needed: 63, batchSize: 3, stepCount: 20)) {
      try ContiguousBatches(Array(0..<62), batchSize: 3, stepCount: 20)
    }
    #expect(throws: TextError.tooShortForBatches(tokenCount: 0, needed: 2, batchSize: 1, stepCount: 1)) {
      try ContiguousBatches([], batchSize: 1, stepCount: 1)
    }
    #expect(throws: TextError.tooShortForBatches(tokenCount: 3, needed: .max, batchSize: .max, stepCount: .max)) {
      try ContiguousBatches([1, 2, 3], batchSize: .max, stepCount: .max)
    }
  }
}
