import Foundation
import MynahTraining
import Testing

struct LearningRateScheduleTests {
  @Test("The Penn Treebank schedule is 1 for five epochs, then halved each epoch: 0.5^max(i − 4, 0), i from 0")
  func pennTreebank() {
    let schedule = LearningRateSchedule.halving(from: 1, after: 5)
    #expect(
      (1...15).map { schedule.rate(epoch: $0) }
        == (0...14).map { i in (0..<max(i - 4, 0)).reduce(1) { rate, _ in rate / 2 } })
    #expect((4...8).map { schedule.rate(epoch: $0) } == [1, 1, 0.5, 0.25, 0.125])
    #expect(schedule.rate(epoch: 15) == 0x1p-10)
  }

  @Test("A constant rate stays, a factor is applied once per epoch, and distant epochs reach zero")
  func others() {
    #expect([1, 2, 1000].map { LearningRateSchedule.constant(0.3).rate(epoch: $0) } == [0.3, 0.3, 0.3])
    let schedule = LearningRateSchedule(initial: 2, factor: 0.9, constantEpochs: 1)
    for epoch in 1...30 {
      #expect(abs(Double(schedule.rate(epoch: epoch)) / (2 * pow(0.9, Double(epoch - 1))) - 1) < 1e-6)
    }
    #expect(LearningRateSchedule.halving(from: 1, after: 0).rate(epoch: 1) == 0.5)
    #expect(LearningRateSchedule.halving(from: 1, after: 0).rate(epoch: 10_000) == 0)
  }

  /// The rates of the first steps of a run with 4 steps per epoch.
  private func rates(_ schedule: LearningRateSchedule, _ count: Int) -> [Float] {
    (0..<count).map { schedule.rate(at: TrainingPlace(epoch: 1 + $0 / 4, step: $0 % 4, stepsPerEpoch: 4)) }
  }

  private func expectRates(
    _ schedule: LearningRateSchedule, _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = rates(schedule, expected.count)
    #expect(
      zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found)", sourceLocation: sourceLocation)
  }

  @Test("Step, linear and cosine schedules match values computed by hand and keep their final rate")
  func spans() {
    expectRates(.step(from: 8, factor: 0.5, every: 2), [8, 8, 8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 4, 4, 4, 4, 2])
    expectRates(.linear(from: 4, over: .steps(4)), [4, 3, 2, 1, 0, 0])
    expectRates(.linear(from: 4, to: 0.5, over: .epochs(1)), [4, 3.5, 3, 2.5, 2, 2])
    // cos of 0, 60, 120 and 180 degrees: 1, ½, −½, −1
    expectRates(.cosine(from: 1, over: .steps(3)), [1, 0.75, 0.25, 0, 0])
    expectRates(.cosine(from: 2, to: 0.1, over: .steps(2)), [2, 1.1, 0.2, 0.2])
    #expect(LearningRateSchedule.cosine(from: 1, over: .steps(3)).changesWithinEpochs)
    #expect(!LearningRateSchedule.halving(from: 1, after: 1).changesWithinEpochs)
  }

  @Test("A warm-up rises linearly to any schedule, and their factors multiply")
  func warmUp() {
    expectRates(LearningRateSchedule.constant(8).warmingUp(over: .steps(4)), [2, 4, 6, 8, 8, 8])
    expectRates(LearningRateSchedule.linear(from: 4, over: .steps(4)).warmingUp(over: .steps(2)), [2, 3, 2, 1, 0])
    expectRates(LearningRateSchedule.halving(from: 1, after: 1).warmingUp(over: .steps(1)), [1, 1, 1, 1, 0.5])
  }

  @Test("One cycle matches PyTorch: from 1/25 of the peak to the peak at 3/10 of the run, then to 1/250,000")
  func oneCycle() {
    // torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=10): the peak is at step 0.3·10 − 1 = 2.
    let up: [Float] = [0.04, 0.52, 1]
    let down = (1...7).map { Float(4e-6 + (1 - 4e-6) * (1 + cos(.pi * Double($0) / 7)) / 2) }
    expectRates(.oneCycle(highest: 1, over: .steps(10)), up + down + [4e-6])
    expectRates(.oneCycle(highest: 1, over: .steps(1)), [4e-6])
  }

  @Test("A plateau schedule multiplies the rate each time the loss has not fallen for longer than the patience")
  func plateau() {
    func rate(_ losses: [Double], patience: Int) -> Float {
      LearningRateSchedule.plateau(from: 1, factor: 0.5, patience: patience)
        .rate(at: TrainingPlace(epoch: losses.count + 1, validationLosses: losses))
    }
    #expect(rate([], patience: 1) == 1)
    #expect(rate([3, 2, 1], patience: 0) == 1)
    #expect(rate([3, 3], patience: 0) == 0.5)
    #expect(rate([3, 3], patience: 1) == 1)
    #expect(rate([3, 3.1, 3], patience: 1) == 0.5)
    #expect(rate([3, 3.1, 2.9, 3], patience: 1) == 1)
    #expect(rate([3, 4, 4, 4, 4], patience: 1) == 0.25)
    // A decrease of less than a ten-thousandth does not count.
    #expect(rate([3, 2.9999], patience: 0) == 0.5)
  }

  static let schedules: [LearningRateSchedule] = [
    .halving(from: 0.7, after: 3), .constant(0.1), .step(from: 1, factor: 0.1, every: 2),
    .linear(from: 1, over: .epochs(3)), .cosine(from: 1, to: 0.1, over: .steps(9)).warmingUp(over: .steps(2)),
    .oneCycle(highest: 2, over: .epochs(1)), .plateau(from: 1),
    LearningRateSchedule(initial: 1, factor: 1, constantEpochs: 4),
  ]

  @Test("A schedule round-trips through JSON", arguments: schedules)
  func codable(schedule: LearningRateSchedule) throws {
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
    #expect(schedule.defect == nil)
  }

  @Test("Schedules that span a run can span another length, and others do not change")
  func otherSpans() {
    let longer = TrainingSpan.epochs(7)
    #expect(
      LearningRateSchedule.cosine(from: 1, to: 0.1, over: .epochs(3)).warmingUp(over: .steps(2)).spanning(longer)
        == LearningRateSchedule.cosine(from: 1, to: 0.1, over: longer).warmingUp(over: .steps(2)))
    #expect(LearningRateSchedule.linear(from: 1, over: .steps(3)).spanning(longer) == .linear(from: 1, over: longer))
    #expect(
      LearningRateSchedule.oneCycle(highest: 1, over: .steps(3)).spanning(longer) == .oneCycle(highest: 1, over: longer)
    )
    for schedule in Self.schedules { #expect(schedule.spansRun == (schedule.spanning(longer) != schedule)) }
  }

  @Test(
    "A schedule with impossible values has a defect",
    arguments: [
      .constant(0), .constant(.nan), .step(from: 1, factor: 0.5, every: 0), .linear(from: 1, over: .steps(0)),
      .plateau(from: 1, factor: 2), .oneCycle(highest: 1, over: .epochs(0)),
      LearningRateSchedule.constant(1).warmingUp(over: .steps(0)), .cosine(from: 1, to: -1, over: .steps(2)),
    ] as [LearningRateSchedule])
  func defects(schedule: LearningRateSchedule) { #expect(schedule.defect != nil) }
}
