import Foundation
import MynahText
import MynahTraining
import Testing

struct BatchLayoutTests {
  private let text = (0..<60).map(Int32.init)

  /// The first inputs of all rows of an epoch.
  private func starts(_ batches: EpochBatches, epoch: Int = 1, from first: Int = 0) -> [Int32] {
    batches.batches(epoch: epoch, from: first).flatMap { $0.inputs.prefix($0.batchSize) }
  }

  @Test("Windows are reshuffled each epoch, occur once and carry no state")
  func windows() throws {
    let layout = BatchLayout.windows(batchSize: 4, sequenceLength: 5)
    let batches = try layout.batches(of: text, seed: 3)
    #expect(batches.count == 3 && batches.batchSize == 4)
    let orders = (1...3).map { starts(batches, epoch: $0) }
    #expect(orders.allSatisfy { $0.sorted() == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50] })
    #expect(Set(orders).count == 3)
    #expect(starts(try layout.batches(of: text, seed: 3), epoch: 2) == orders[1])
    #expect(starts(try layout.batches(of: text, seed: 4)) != orders[0])
    #expect(batches.batches(epoch: 1).allSatisfy { !$0.carriesState && $0.lengths == nil })
  }

  @Test("Windows that do not fill a batch can be dropped, and an epoch can repeat all windows")
  func remainderAndRepeats() throws {
    let dropping = try BatchLayout.windows(batchSize: 4, sequenceLength: 5, remainder: .drop).batches(of: text, seed: 1)
    #expect(dropping.count == 2 && starts(dropping).count == 8)
    let repeated = try BatchLayout.windows(batchSize: 4, sequenceLength: 5, repeats: 3).batches(of: text, seed: 1)
    #expect(repeated.count == 9 && starts(repeated).count == 33)
    #expect(starts(repeated).sorted() == (0..<11).flatMap { Array(repeating: Int32($0 * 5), count: 3) })
  }

  @Test(
    "An epoch resumed in the middle continues with the same batches",
    arguments: [
      BatchLayout.contiguous(batchSize: 3, sequenceLength: 4), .windows(batchSize: 2, sequenceLength: 5),
      .contiguous(batchSize: 3, sequenceLength: 6, lengths: .random),
      .documents(batchSize: 2, sequenceLength: 3, endingWith: 7),
      .sentences(batchSize: 2, maximumLength: 5, endingWith: 7),
    ])
  func goesOn(layout: BatchLayout) throws {
    let text = (0..<200).map { number -> Int32 in number * number % 11 == 9 ? 7 : Int32(number % 7) }
    let batches = try layout.batches(of: text, seed: 1)
    for epoch in 1...2 {
      let whole = Array(batches.batches(epoch: epoch))
      #expect(whole.count == batches.count && whole[0].batchSize == batches.batchSize)
      for first in [0, 1, batches.count - 1, batches.count] {
        #expect(Array(batches.batches(epoch: epoch, from: first)) == Array(whole[first...]))
      }
    }
  }

  @Test("Random lengths cover each row once per epoch, in the same number of batches with different boundaries")
  func randomLengths() throws {
    let text = (0..<2000).map(Int32.init)
    for remainder in [Remainder.drop, .keep] {
      let layout = BatchLayout.contiguous(batchSize: 3, sequenceLength: 20, lengths: .random, remainder: remainder)
      let batches = try layout.batches(of: text, seed: 3)
      let epochs = (1...3).map { Array(batches.batches(epoch: $0)) }
      let rowLength = remainder == .drop ? 665 : 666
      for epoch in epochs {
        #expect(epoch.count == batches.count && epoch.map(\.carriesState) == epoch.indices.map { $0 > 0 })
        #expect(epoch.allSatisfy { (5...45).contains($0.stepCount) })
        for row in 0..<3 {
          let inputs = epoch.flatMap { $0.rows[row] }
          let start = Int32(row * 666)
          #expect(inputs == Array(start..<start + Int32(rowLength)))
          #expect(epoch.flatMap { $0.targetRows[row] } == inputs.map { $0 + 1 })
        }
      }
      #expect(Set(epochs.map { $0.map(\.stepCount) }).count == 3)
      #expect(Array(try layout.batches(of: text, seed: 3).batches(epoch: 2)) == epochs[1])
      #expect(Array(try layout.batches(of: text, seed: 4).batches(epoch: 1)) != epochs[0])
    }
  }

  @Test("Random lengths are near T, and near T / 2 in a twentieth of the batches")
  func distributionOfLengths() throws {
    let text = [Int32](repeating: 0, count: 1_000_001)
    let layout = BatchLayout.contiguous(batchSize: 1, sequenceLength: 70, lengths: .random)
    let batches = try layout.batches(of: text, seed: 1)
    // Rounding down a normally distributed length lowers it by half a step on average.
    #expect(batches.count == Int((1_000_000 / (0.95 * 69.5 + 0.05 * 34.5)).rounded()))
    let lengths = batches.batches(epoch: 1).map { Double($0.stepCount) }
    let (short, long) = (lengths.filter { $0 < 52 }, lengths.filter { $0 >= 52 })
    let share = Double(short.count) / Double(lengths.count)
    #expect(abs(share - 0.05) < 4 * (0.05 * 0.95 / Double(lengths.count)).squareRoot())
    for (part, mean) in [(short, 34.5), (long, 69.5)] {
      let found = part.reduce(0, +) / Double(part.count)
      let deviation = (part.reduce(0) { $0 + ($1 - found) * ($1 - found) } / Double(part.count)).squareRoot()
      #expect(abs(found - mean) < 4 * 5 / Double(part.count).squareRoot(), "\(found) instead of \(mean)")
      #expect(abs(deviation - 5) < 4 * 5 / Double(2 * part.count).squareRoot(), "\(deviation)")
    }
    #expect(lengths.allSatisfy { (5...95).contains($0) })
    #expect(layout.longestSequence == 95 && "\(layout)" == "1 row × about 70 steps")
  }

  @Test("Random lengths cover a short row completely", arguments: [1, 2, 4, 5, 9, 10, 30, 31, 60])
  func shortRows(rowLength: Int) throws {
    let text = (0...rowLength).map(Int32.init)
    let layout = BatchLayout.contiguous(batchSize: 1, sequenceLength: 5, lengths: .random, remainder: .keep)
    for seed in 1...20 as ClosedRange<UInt64> {
      let lengths = try layout.batches(of: text, seed: seed).batches(epoch: 1).map(\.stepCount)
      #expect(lengths.reduce(0, +) == rowLength && lengths.allSatisfy { $0 <= 30 && $0 >= min(5, rowLength) })
    }
  }

  @Test("Sentences drop their end token and are truncated or padded to the same length")
  func sentences() throws {
    let text: [Int32] = [1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 0, 0, 5, 0]
    let layout = BatchLayout.sentences(batchSize: 4, maximumLength: 5, endingWith: 0, buffer: 1)
    let batches = Array(try layout.batches(of: text, seed: 1).batches(epoch: 1))
    #expect(batches.count == 1 && batches[0].stepCount == 4)
    // Time-major: the first tokens of all sentences, then the second tokens.
    #expect(batches[0].inputs == [1, 4, 0, 0, 2, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0])
    #expect(batches[0].targets == [2, 5, 0, 0, 3, 6, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0])
    #expect(batches[0].lengths == [2, 4, 0, 0])
  }

  @Test("A document longer than a batch continues in the next one with its state; a new one starts afresh")
  func documents() throws {
    let text: [Int32] = [1, 2, 3, 0, 4, 0, 5, 6, 0]
    let batches = try BatchLayout.documents(batchSize: 2, sequenceLength: 3, endingWith: 0).batches(of: text, seed: 1)
    let all = Array(batches.batches(epoch: 1))
    #expect(batches.count == 3 && all.count == 3)
    #expect(all.map(\.carriesState) == [false, true, false])
    #expect(all.map(\.batchSize) == [2, 2, 1])
    #expect(all[0].inputs == [0, 0, 1, 4, 2, 0] && all[0].lengths == [3, 2])
    #expect(all.reduce(0) { $0 + $1.targetCount } == text.count)
  }

  @Test("Batches in order contain every row of a text, however short it is")
  func inOrder() throws {
    let windows = try BatchLayout.windows(batchSize: 4, sequenceLength: 5, remainder: .drop).batchesInOrder(of: text)
    #expect(starts(windows) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50])
    #expect(try BatchLayout.windows(batchSize: 4, sequenceLength: 100).batchesInOrder(of: text).count == 1)
    let contiguous = try BatchLayout.contiguous(batchSize: 50, sequenceLength: 20).batchesInOrder(of: text)
    #expect(contiguous.batchSize == 2 && contiguous.count == 1)
    let random = try BatchLayout.contiguous(batchSize: 2, sequenceLength: 9, lengths: .random).batchesInOrder(of: text)
    #expect(random.batches(epoch: 1).map(\.stepCount) == [9, 9, 9])
    let sentences = BatchLayout.sentences(batchSize: 2, maximumLength: 9, endingWith: 9)
    #expect(try sentences.batchesInOrder(of: [1, 2, 9, 3, 4, 9, 5, 6]).count == 2)
  }

  @Test(
    "Validation predicts every token but the first exactly once",
    arguments: [
      BatchLayout.contiguous(batchSize: 50, sequenceLength: 20), .windows(batchSize: 4, sequenceLength: 7),
      .contiguous(batchSize: 5, sequenceLength: 20, lengths: .random),
      .windows(batchSize: 1, sequenceLength: 100),
      .windows(batchSize: 2, sequenceLength: 5, remainder: .drop),
    ])
  func validation(layout: BatchLayout) throws {
    func targets(_ batches: EpochBatches) -> [Int32] {
      let all = Array(batches.batches(epoch: 1))
      #expect(all.count == batches.count && all.first?.batchSize == batches.batchSize)
      return all.flatMap { batch in
        zip(batch.targets, batch.weights ?? batch.targets.map { _ in 1 }).filter { $0.1 > 0 }.map(\.0)
      }.sorted()
    }
    #expect(try targets(layout.validationBatches(of: text)) == text.dropFirst().sorted())
    #expect(try targets(layout.validationBatches(of: text, after: 99)) == text.sorted())
    #expect(try targets(layout.validationBatches(of: [5, 6])) == [6])
    #expect(try targets(layout.validationBatches(of: [5], after: 6)) == [5])
    for short in [[], [5]] as [[Int32]] { #expect(throws: TextError.self) { try layout.validationBatches(of: short) } }
  }

  @Test("Validation documents start after an end token, not after the preceding text")
  func validationOfDocuments() throws {
    let layout = BatchLayout.documents(batchSize: 2, sequenceLength: 3, endingWith: 0)
    let batches = try layout.validationBatches(of: [1, 2, 3, 0, 4, 0, 0, 5], after: 9)
    #expect(batches.batches(epoch: 1).reduce(0) { $0 + $1.targetCount } == 8)
    #expect(batches.batches(epoch: 1).allSatisfy { !$0.inputs.contains(9) })
  }

  @Test("A layout determines the state policy")
  func statePolicies() {
    #expect(BatchLayout.contiguous(batchSize: 1, sequenceLength: 4).statePolicy == .carry)
    #expect(BatchLayout.windows(batchSize: 1, sequenceLength: 4).statePolicy == .windows(length: 4))
    #expect(BatchLayout.documents(batchSize: 1, sequenceLength: 4, endingWith: 0).statePolicy == .reset)
    #expect(BatchLayout.sentences(batchSize: 1, maximumLength: 4, endingWith: 0).statePolicy == .reset)
  }

  @Test(
    "A text too short for one batch is refused",
    arguments: [
      BatchLayout.contiguous(batchSize: 3, sequenceLength: 4), .windows(batchSize: 2, sequenceLength: 9),
      .windows(batchSize: 3, sequenceLength: 2, remainder: .drop),
      .sentences(batchSize: 3, maximumLength: 5, endingWith: 7, remainder: .drop),
    ])
  func tooShort(layout: BatchLayout) {
    #expect(throws: TextError.self) { try layout.batches(of: [1, 2, 3, 4, 5], seed: 1) }
    #expect(throws: TextError.self) { try layout.batches(of: [], seed: 1) }
  }

  @Test(
    "A layout round-trips through JSON",
    arguments: [
      BatchLayout.contiguous(batchSize: 3, sequenceLength: 4),
      .contiguous(batchSize: 1, sequenceLength: 4, remainder: .keep),
      .contiguous(batchSize: 1, sequenceLength: 7, lengths: .random),
      .windows(batchSize: 2, sequenceLength: 5),
      .windows(batchSize: 2, sequenceLength: 5, buffer: 7, repeats: 3, remainder: .drop),
      .sentences(batchSize: 2, maximumLength: 5, endingWith: 7),
      .documents(batchSize: 2, sequenceLength: 3, endingWith: 7),
    ])
  func coding(layout: BatchLayout) throws {
    #expect(try JSONDecoder().decode(BatchLayout.self, from: JSONEncoder().encode(layout)) == layout)
  }

  @Test("Impossible sizes are defects, with the size in the message")
  func defects() {
    #expect(BatchLayout.windows(batchSize: 1, sequenceLength: 1, buffer: 1).defect == nil)
    #expect(BatchLayout.contiguous(batchSize: 0, sequenceLength: 1).defect?.contains("found 0") == true)
    #expect(BatchLayout.contiguous(batchSize: 1, sequenceLength: .max).defect?.contains("found \(Int.max)") == true)
    #expect(BatchLayout.windows(batchSize: 1, sequenceLength: 1, buffer: -1).defect?.contains("found -1") == true)
    let random = { BatchLayout.contiguous(batchSize: 1, sequenceLength: $0, lengths: .random).defect }
    #expect(random(5) == nil && random(4)?.contains("at least 5, found 4") == true)
    #expect(BatchLayout.windows(batchSize: 1, sequenceLength: 1, repeats: 0).defect?.contains("found 0") == true)
    #expect(BatchLayout.documents(batchSize: 1, sequenceLength: 1, endingWith: -2).defect?.contains("found -2") == true)
  }
}
