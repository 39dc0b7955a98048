import Foundation
import MynahDatasets
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import Synchronization
import TestSupport
import Testing

/// Runs that several ranks compute, each on its own thread.
struct RankTests {
  private static let vocabulary = 700

  private static func text(_ count: Int, seed: UInt64) -> [Int32] {
    var random = RandomSource(seed: seed)
    return (0..<count).map { _ in Int32(random.uniform() * random.uniform() * Double(vocabulary)) }
  }

  private static let training = text(650, seed: 1)
  private static let validation = text(150, seed: 2)

  /// A run of two epochs; its parameters have several blocks of rows each.
  private static func configuration(
    _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var configuration = TrainingConfiguration(
      learningRate: .constant(0.5), clipNorm: 0.5, shards: 4, epochs: 2,
      batches: .contiguous(batchSize: 6, sequenceLength: 9), seed: 11)
    change(&configuration)
    return configuration
  }

  /// The settings of a test's runs.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var dropout = DropoutRates.none
    var tiesWeights = false
    let configuration: TrainingConfiguration

    init(
      _ name: String, _ dropout: DropoutRates = .none, tiesWeights: Bool = false,
      _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) {
      (testDescription, self.dropout, self.tiesWeights) = (name, dropout, tiesWeights)
      configuration = RankTests.configuration(change)
    }

    func model() -> LanguageModel {
      var random = RandomSource(seed: 3)
      return LanguageModel(
        LanguageModelConfiguration(
          vocabulary: RankTests.vocabulary, embedding: 60, layers: [.lstm(100), .gru(60)],
          output: .softmax(tied: tiesWeights), dropout: dropout), using: &random)
    }
  }

  /// Gradient descent that adds a part of the last change: w ← w + 0.5 (w − previous) − rate · g.
  struct HeavyBall: OptimizerRule {
    static let name = "heavy-ball"
    static let defaultLearningRate: Float = 0.1

    var slotNames: [String] { ["previous"] }

    func update(
      _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
    ) {
      let previous = memory.slots["previous"] ?? weights
      memory.slots["previous"] = weights
      for index in weights.indices {
        let change = 0.5 * (weights[index] - previous[index]) - step.rate * step.scale * gradients[index].dense
        weights[index] = weights[index] + change
      }
    }
  }

  static let cases = [
    Case("SGD"),
    Case(
      "Adam, and all kinds of dropout and penalties",
      DropoutRates(embedding: 0.2, input: 0.3, layerInput: 0.2, hidden: 0.4, output: 0.3, weights: 0.3)
    ) {
      ($0.optimizer, $0.learningRate) = (.adam, .constant(0.01))
      $0.penalties = Penalties(weights: 1e-4, activation: 0.5, temporal: 0.25)
    },
    Case("averages from the start, tied weights", tiesWeights: true) {
      $0.optimizer = OptimizerConfiguration(AveragedSGD(averaging: .fromStart))
    },
    Case("momentum, in bfloat16") {
      $0.optimizer = OptimizerConfiguration(SGD(momentum: 0.9))
      ($0.precision, $0.learningRate) = (.bfloat16, .constant(0.05))
    },
    Case(
      "sampled candidates and variational dropout",
      DropoutRates(input: 0.3, hidden: 0.4, output: 0.3, isVariational: true)
    ) { $0.objective = .sampled(candidates: 20) },
    Case("two batches an update, a clip by value and frozen embeddings") {
      ($0.batchesPerUpdate, $0.clipValue) = (2, 0.01)
      $0.partRates = PartRates(frozen: [.embedding])
    },
    Case("a custom rule that creates tensors and keeps the weights") {
      $0.optimizer = OptimizerConfiguration(HeavyBall())
    },
    Case("separate documents") {
      $0.batches = .documents(batchSize: 5, sequenceLength: 9, endingWith: 0)
    },
    Case("seven shards of windows") {
      $0.shards = 7
      $0.batches = .windows(batchSize: 9, sequenceLength: 5)
    },
    // The last batch of an epoch, and of its update, has fewer rows than there are shards.
    Case("updates that end with a small batch of windows") {
      ($0.shards, $0.batchesPerUpdate) = (8, 2)
      $0.batches = .windows(batchSize: 12, sequenceLength: 5)
    },
    Case("updates that end with a small batch of documents") {
      ($0.shards, $0.batchesPerUpdate) = (5, 2)
      $0.batches = .documents(batchSize: 5, sequenceLength: 4, endingWith: 0)
    },
  ]

  private struct Outcome {
    var model: LanguageModel
    var history: [EpochReport]
    var steps: [StepReport] = []
    var checkpoints: [TrainingCheckpoint] = []
  }

  private func run(
    _ test: Case, _ communicator: any Communicator = SingleProcess(), shares: [Int]? = nil,
    from checkpoint: TrainingCheckpoint? = nil, isRounded: Bool = false
  ) throws -> Outcome {
    var outcome = Outcome(model: test.model(), history: [])
    var trainer = Trainer(test.configuration, checkpointInterval: 4)
    (trainer.communicator, trainer.shares, trainer.roundsSentGradients) = (communicator, shares, isRounded)
    trainer.metrics = [.accuracy]
    var (steps, checkpoints) = ([StepReport](), [TrainingCheckpoint]())
    outcome.history = try trainer.train(
      &outcome.model, on: Self.training, validating: Self.validation, from: checkpoint
    ) { event in
      switch event {
      case .step(let step): steps.append(step)
      case .checkpoint(let checkpoint): checkpoints.append(checkpoint)
      case .epoch: break
      }
    }
    (outcome.steps, outcome.checkpoints) = (steps, checkpoints)
    return outcome
  }

  /// Runs a closure for each rank on its own thread, and returns the results by rank.
  private func onThreads<Value: Sendable>(
    _ count: Int, timeout: Double = 60, _ body: @escaping @Sendable (InProcessCommunicator) throws -> Value
  ) -> [Result<Value, any Error>] {
    let results = Mutex([Int: Result<Value, any Error>]())
    let done = DispatchSemaphore(value: 0)
    for communicator in InProcessCommunicator.connected(count, timeout: timeout) {
      let thread = Thread {
        let result = Result { try body(communicator) }
        results.withLock { $0[communicator.rank] = result }
        done.signal()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in 0..<count { done.wait() }
    return results.withLock { results in (0..<count).compactMap { results[$0] } }
  }

  private func expectSame(_ own: TrainingCheckpoint, _ other: TrainingCheckpoint, _ comment: Comment) {
    #expect(same(own.model, other.model), comment)
    #expect(own.optimizer.memory.numbers == other.optimizer.memory.numbers, comment)
    #expect(own.optimizer.memory.slots == other.optimizer.memory.slots, comment)
    #expect(own.epochLoss == other.epochLoss && own.history == other.history, comment)
    #expect(
      own.state.layers.flatMap(\.parts).map(\.value) == other.state.layers.flatMap(\.parts).map(\.value), comment)
    #expect(own.state.stepCount == other.state.stepCount, comment)
  }

  @Test(
    "A run has the same bits on any number of ranks, and any number of ranks can resume its checkpoints",
    arguments: cases)
  func sameBits(_ test: Case) throws {
    let alone = try run(test)
    for (rankCount, shares) in [(2, nil), (3, [1, 3, 1]), (4, nil)] as [(Int, [Int]?)] {
      let comment: Comment = "\(rankCount) ranks"
      let outcomes = try onThreads(rankCount) { try run(test, $0, shares: shares) }.map { try $0.get() }
      for outcome in outcomes {
        #expect(same(outcome.model, alone.model) && outcome.history == alone.history, comment)
        #expect(outcome.steps == alone.steps && !alone.steps.isEmpty, comment)
      }
      #expect(outcomes.dropFirst().allSatisfy { $0.checkpoints.isEmpty }, comment)
      try #require(outcomes[0].checkpoints.count == alone.checkpoints.count, comment)
      for (own, other) in zip(outcomes[0].checkpoints, alone.checkpoints) { expectSame(own, other, comment) }
    }
    let middle = try #require(alone.checkpoints.dropFirst().first)
    let resumed = try onThreads(3) { try run(test, $0, from: middle) }.map { try $0.get() }
    #expect(same(resumed[0].model, alone.model) && resumed[0].history == alone.history)
  }

  @Test("Rounding the exchanged gradients changes the result only slightly, and equally on all ranks")
  func rounded() throws {
    let test = Self.cases[0]
    let alone = try run(test)
    let outcomes = try onThreads(2) { try run(test, $0, isRounded: true) }.map { try $0.get() }
    #expect(same(outcomes[0].model, outcomes[1].model) && !same(outcomes[0].model, alone.model))
    let (own, other) = (outcomes[0].history.last?.train.mean ?? 0, alone.history.last?.train.mean ?? 1)
    #expect(abs(own / other - 1) < 0.01)
  }

  private final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }

  @Test("Stopping one rank stops all at the same step, with a checkpoint that another number of ranks can resume")
  func stop() throws {
    let test = Self.cases[1]
    let alone = try run(test)
    let stopped = onThreads(3) { communicator -> (step: Int, last: TrainingCheckpoint?) in
      var (trainer, model) = (Trainer(test.configuration), test.model())
      trainer.communicator = communicator
      let steps = Counter()
      trainer.shouldStop = { communicator.rank == 2 && steps.next() == 5 }
      var last: TrainingCheckpoint?
      do {
        try trainer.train(&model, on: Self.training, validating: Self.validation) { event in
          if case .checkpoint(let checkpoint) = event { last = checkpoint }
        }
      } catch TrainingError.interrupted(_, let step) {
        return (step, last)
      }
      return (0, last)
    }
    let outcomes = try stopped.map { try $0.get() }
    #expect(outcomes.map(\.step) == [5, 5, 5] && outcomes[1].last == nil)
    let resumed = try onThreads(2) { try run(test, $0, from: outcomes[0].last) }.map { try $0.get() }
    #expect(same(resumed[1].model, alone.model))
  }

  @Test("If a rank is silent, the others stop after the time-out; if it fails, they stop at once with its error")
  func silence() throws {
    let test = Self.cases[0]
    let silent = onThreads(2, timeout: 0.2) { communicator throws in
      if communicator.rank == 0 { _ = try run(test, communicator) }
    }
    #expect(throws: CommunicationError.timedOut(rank: 1, seconds: 0.2)) { try silent[0].get() }
    let failing = onThreads(2) { communicator throws in
      if communicator.rank == 0 {
        _ = try run(test, communicator)
      } else {
        try communicator.send(.failure(code: 66, sentence: "no file"), to: 0)
      }
    }
    #expect(throws: CommunicationError.failed(rank: 1, code: 66, sentence: "no file")) { try failing[0].get() }
  }

  @Test("Ranks with different models get errors, and impossible numbers of ranks and shares are refused")
  func mismatches() throws {
    let different = onThreads(2) { try run(Self.cases[$0.rank == 0 ? 0 : 2], $0) }
    #expect(throws: CommunicationError.unexpected(rank: 1)) { try different[0].get() }
    #expect(throws: CommunicationError.self) { try different[1].get() }
    for outcome in onThreads(5, { try run(Self.cases[0], $0) }) {
      #expect(throws: TrainingError.self) { try outcome.get() }
    }
    for outcome in onThreads(2, { try run(Self.cases[0], $0, shares: [1, 0]) }) {
      #expect(throws: TrainingError.self) { try outcome.get() }
    }
  }

  @Test("Each row of a parameter has one rank, and the ranks' shares of the optimizer state are nearly equal")
  func parameterShares() {
    let shapes: [Shape] = [
      [10000, 200], [800, 200], [800], [800, 200], [800], [10000, 200], [10000], [1, 70000], [0, 5],
    ]
    for rankCount in 1...9 {
      let shares = ParameterShares(shapes: shapes, rankCount: rankCount)
      var sizes = [Int](repeating: 0, count: rankCount)
      for (parameter, shape) in shapes.enumerated() {
        let rows = shares.ranks(of: parameter).map { shares.rows(of: parameter, rank: $0) }
        #expect(rows.first?.lowerBound == 0 && rows.last?.upperBound == shape[0])
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        for (rank, rows) in zip(shares.ranks(of: parameter), rows) {
          sizes[rank] += shares.elements(of: rows, parameter: parameter).count
        }
      }
      let all = shapes.reduce(0) { $0 + $1.elementCount }
      #expect(sizes.reduce(0, +) == all)
      if rankCount <= 4 { #expect((sizes.max() ?? all) * rankCount < all * 6 / 5, "\(rankCount) ranks") }
    }
  }

  @Test("A pairwise sum has the same order however its shards are distributed")
  func pairwiseSum() {
    #expect(
      PairwiseSum.blocks(of: 0..<6).map(\.first) == [0, 4] && PairwiseSum.blocks(of: 1..<6).map(\.first) == [1, 2, 4])
    // 1 + (small + small) differs from (1 + small) + small.
    let (one, small) = (Gradient.dense(Tensor([1])), Gradient.dense(Tensor([6e-8])))
    var ordered = PairwiseSum()
    for (shard, gradient) in [nil, one, small, small].enumerated() {
      ordered.append(PairwiseSum.Block(first: shard, count: 1, gradient: gradient))
    }
    #expect(ordered.total()?.dense.elements == [1 + (6e-8 + 6e-8)] && Float(1) + 6e-8 + 6e-8 != 1 + (6e-8 + 6e-8))

    var random = RandomSource(seed: 5)
    for count in 1...9 {
      let gradients = (0..<count).map { $0 == 4 ? nil : Gradient.dense(Tensor.random([40], using: &random)) }
      var whole = PairwiseSum()
      for (shard, gradient) in gradients.enumerated() {
        whole.append(PairwiseSum.Block(first: shard, count: 1, gradient: gradient))
      }
      let expected = whole.total()
      for cut in 0...count {
        var sum = PairwiseSum()
        for range in [0..<cut, cut..<count] {
          var part = PairwiseSum()
          for shard in range { part.append(PairwiseSum.Block(first: shard, count: 1, gradient: gradients[shard])) }
          #expect(part.blocks.map(\.count) == PairwiseSum.blocks(of: range).map(\.count))
          for block in part.blocks { sum.append(block) }
        }
        #expect(sum.total() == expected, "\(count) shards, cut at \(cut)")
      }
    }
  }

  @Test("Shards are distributed in proportion to the ranks' weights, at least one per rank")
  func shardShares() {
    #expect(ShardShares(4, weights: [1, 1]).shards == [0..<2, 2..<4])
    #expect(ShardShares(3, weights: [2, 1]).shards == [0..<2, 2..<3])
    #expect(ShardShares(8, weights: [5, 1, 1, 1]).shards == [0..<5, 5..<6, 6..<7, 7..<8])
    #expect(ShardShares(3, weights: [100, 1, 1]).shards == [0..<1, 1..<2, 2..<3])
    #expect(ShardShares(5, weights: [1]).shards == [0..<5])
  }
}
