import MynahIO
import MynahText
import TestSupport
import Testing

struct BatchTests {
  @Test("Weights are 1 for tokens and 0 for padding; a batch without padding has no weights")
  func weights() {
    let batch = Batch(
      inputs: [1, 2, 3, 0, 4, 0], targets: [2, 3, 4, 0, 5, 0], stepCount: 3, batchSize: 2, lengths: [3, 1])
    #expect(batch.weights == [1, 1, 1, 0, 1, 0] && batch.targetCount == 4)
    let full = Batch(inputs: [1, 2], targets: [2, 3], stepCount: 1, batchSize: 2, lengths: [1, 1])
    #expect(full.lengths == nil && full.weights == nil && full.targetCount == 2)
    let nothing = Batch(inputs: [], targets: [], stepCount: 0, batchSize: 0)
    #expect(nothing.targetCount == 0)
  }

  @Test("Each row contains the tokens of one sequence in order, including padding")
  func rows() {
    let batch = Batch(inputs: [1, 4, 2, 5, 3, 0], targets: [2, 5, 3, 6, 4, 0], stepCount: 3, batchSize: 2)
    #expect(batch.rows == [[1, 2, 3], [4, 5, 0]])
    #expect(batch.targetRows == [[2, 3, 4], [5, 6, 0]])
    #expect(Batch(inputs: [], targets: [], stepCount: 0, batchSize: 2).rows == [[], []])
    #expect(Batch(inputs: [], targets: [], stepCount: 3, batchSize: 0).targetRows == [])
  }
}

struct TokenWindowsTests {
  @Test(
    "No pair of tokens is lost or duplicated, except for a remainder that is dropped",
    arguments: [1, 2, 10, 11, 12, 31])
  func coverage(_ count: Int) {
    let tokens = Array(0..<Int32(count))
    let dropped = TokenWindows(tokens, length: 5)
    let kept = TokenWindows(tokens, length: 5, remainder: .keep)
    #expect(dropped.count == (count - 1) / 5 && dropped.allSatisfy { $0.count == 5 })
    #expect(kept.flatMap(\.inputs) == Array(tokens.dropLast()))
    #expect(kept.flatMap(\.targets) == Array(tokens.dropFirst()))
    #expect(dropped.flatMap(\.inputs) == Array(tokens.prefix(dropped.count * 5)))
  }

  @Test("Without tokens there are no windows")
  func empty() {
    let none: [Int32] = []
    #expect(TokenWindows(none, length: 3).isEmpty)
    #expect(Batch(windows: []).batchSize == 0)
  }

  @Test("Windows form a time-major batch that starts from the zero state, and short windows are padded")
  func batch() {
    let batch = Batch(windows: Array(TokenWindows(Array(1..<7), length: 3, remainder: .keep)))
    #expect(batch.inputs == [1, 4, 2, 5, 3, 0] && batch.targets == [2, 5, 3, 6, 4, 0])
    #expect(batch.stepCount == 3 && batch.batchSize == 2 && batch.lengths == [3, 2] && !batch.carriesState)
  }

  @Test("Tiny Shakespeare's 1,003,854 training characters give 156 batches of 64 windows of length 100")
  func systemB() {
    let windows = TokenWindows(Array(repeating: 1, count: 1_003_854), length: 100)
    #expect(windows.count == 10_038)
    let batches = Dataset(windows).shuffle(buffer: 10_000, seed: 1).batch(64, remainder: .drop).prefetch()
    #expect(batches.reduce(0) { count, _ in count + 1 } == 156)
  }

  @Test("The Brown corpus gives 38,797 sequences from 969,925 pairs, in 388 batches of which the last is smaller")
  func systemC() {
    let ids = (0..<969_950).map { Int32($0 % 10_000) }
    let used = (ids.count - 25) / 25 * 25
    #expect(used == 969_925)
    let pairs = Dataset(slices: Array(ids[..<used]), Array(ids[1...used]))
    let sizes = pairs.batch(25).shuffle(buffer: 2500, seed: 42).batch(100).map(\.count)
    #expect(sizes.reduce(0, +) == 38_797)
    #expect(sizes.reduce(0) { count, _ in count + 1 } == 388 && Array(sizes).last == 97)
    // Windows give the same sequences without creating a pair for each token.
    let windows = TokenWindows(TokenRange(ids, 0..<used + 1), length: 25)
    #expect(windows.count == 38_797)
    let first = Array(pairs.batch(25).take(1))[0]
    #expect(first.map(\.0) == Array(windows[0].inputs) && first.map(\.1) == Array(windows[0].targets))
    // The test set has 248,550 pairs.
    #expect(TokenWindows(Array(repeating: 0, count: (248_584 - 25) / 25 * 25 + 1), length: 25).count == 9942)
  }

  @Test(
    "Tiny Shakespeare's first window starts with 20 49 58 and ends with 39 55 61",
    .enabled(if: TestData.isExpected("tinyshakespeare"), "\(TestData.reason("tinyshakespeare"))"))
  func shakespeare() throws {
    let text = try TextFile(at: TestData.path("tinyshakespeare/input.txt")).text
    // Sorted characters after the mask token and [UNK].
    let sorted = Set(text.utf8).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: zip(sorted, Int32(2)...))
    let ids = text.utf8.prefix(1_003_854).compactMap { numbers[$0] }
    let window = TokenWindows(ids, length: 100)[0]
    let first: [Int32] = [20, 49, 58, 59, 60, 3, 17, 49, 60, 49, 66, 45, 54, 12, 2, 16, 45, 46, 55, 58, 45]
    #expect(Array(window.inputs.prefix(21)) == first && window.inputs.suffix(3) == [39, 55, 61])
    #expect(Array(window.targets.prefix(20)) == Array(first.dropFirst()) && window.targets.suffix(2) == [61, 3])
  }
}

struct PaddedSentenceTests {
  @Test("Padding follows the tokens")
  func padding() {
    #expect(PaddedSentence.padded([1, 5, 10, 9], to: 7) == [1, 5, 10, 9, 0, 0, 0])
    #expect(PaddedSentence.padded([3, 6, 1], to: 7) == [3, 6, 1, 0, 0, 0, 0])
    #expect(PaddedSentence.padded([], to: 2) == [0, 0])
    #expect(PaddedSentence.padded([1, 2], to: 1) == [1, 2])
  }

  @Test(
    "Short sentences are padded and long ones truncated to one token less than the maximum",
    arguments: [
      ([], [0, 0, 0, 0], [0, 0, 0, 0], 0), ([7], [0, 0, 0, 0], [0, 0, 0, 0], 0),
      ([7, 8], [7, 0, 0, 0], [8, 0, 0, 0], 1),
      ([7, 8, 9, 6], [7, 8, 9, 0], [8, 9, 6, 0], 3), ([7, 8, 9, 6, 5], [7, 8, 9, 6], [8, 9, 6, 5], 4),
      ([7, 8, 9, 6, 5, 4], [7, 8, 9, 6], [8, 9, 6, 5], 4),
    ] as [([Int32], [Int32], [Int32], Int)])
  func rule(_ ids: [Int32], _ inputs: [Int32], _ targets: [Int32], _ length: Int) {
    let sentence = PaddedSentence(ids, maximumLength: 5)
    #expect(sentence.inputs == inputs && sentence.targets == targets && sentence.length == length)
  }

  @Test("A batch is always one step shorter than the maximum length, and has lengths and weights")
  func batch() {
    let batch = Batch(padding: [[1, 2, 3], [], [4, 5, 6, 7, 8]], maximumLength: 4)
    #expect(batch.stepCount == 3 && batch.batchSize == 3)
    #expect(batch.inputs == [1, 0, 4, 2, 0, 5, 0, 0, 6] && batch.targets == [2, 0, 5, 3, 0, 6, 0, 0, 7])
    #expect(batch.lengths == [2, 0, 3] && batch.weights == [1, 0, 1, 1, 0, 1, 0, 0, 1])
    #expect(!batch.carriesState)
  }

  @Test("Without a maximum, the longest sentence sets the length, and buckets reduce padding")
  func buckets() {
    let sentences: [[Int32]] = [[1, 2], [1, 2, 3, 4, 5, 6], [3, 4, 5], [9, 8, 7, 6, 5]]
    let batches = Array(
      Dataset(sentences).bucket(2, boundaries: [4]) { $0.count }.map { Batch(padding: $0) })
    #expect(batches.map(\.stepCount) == [2, 5] && batches.map(\.targetCount) == [3, 9])
  }
}

struct DocumentTests {
  @Test("A document starts and ends with the end token", arguments: [1 << 14, 3])
  func documents(_ scale: Int) {
    let text: [Int32] = [5, 6, 1, 1, 7, 1]
    #expect(Array(Documents(text, endingWith: 1)) == [[1, 5, 6, 1], [1, 1], [1, 7, 1]])
    #expect(Array(Documents(Array(text.dropLast()), endingWith: 1)) == [[1, 5, 6, 1], [1, 1], [1, 7]])
    #expect(Array(Documents([Int32](), endingWith: 1)).isEmpty)
    // A document that is longer than the chunks that are read.
    let long = Array(repeating: Int32(4), count: 2 * scale + 1) + [1]
    #expect(Array(Documents(long + long, endingWith: 1)) == [[1] + long, [1] + long])
  }

  @Test("A batch of documents is split into segments, and the state is reset only before the first one")
  func segments() {
    let batches = Batch.segments(of: [[1, 2, 3, 4, 5, 6], [1, 9], [], [1, 7, 8, 9]], stepCount: 2)
    #expect(batches.map(\.carriesState) == [false, true, true])
    #expect(batches.map(\.stepCount) == [2, 2, 1])
    #expect(batches.map(\.lengths) == [[2, 1, 0, 2], [2, 0, 0, 1], [1, 0, 0, 0]])
    #expect(batches[0].inputs == [1, 1, 0, 1, 2, 0, 0, 7] && batches[0].targets == [2, 9, 0, 7, 3, 0, 0, 8])
    #expect(batches[2].inputs == [5, 0, 0, 0] && batches[2].targets == [6, 0, 0, 0])
    #expect(batches.reduce(0) { $0 + $1.targetCount } == 5 + 1 + 0 + 3)
    #expect(Batch.segments(of: [], stepCount: 2).isEmpty)
  }
}
