import Foundation
import MynahTraining
import Testing

struct LearningRateScheduleTests {
  @Test("The Penn Treebank recipe: 1 for five epochs, then halved at each: 0.5^max(i − 4, 0), i from 0")
  func pennTreebank() {
    let schedule = LearningRateSchedule.halving(from: 1, after: 5)
    #expect(
      (1...15).map { schedule.rate(epoch: $0) }
        == (0...14).map { i in (0..<max(i - 4, 0)).reduce(1) { rate, _ in rate / 2 } })
    #expect((4...8).map { schedule.rate(epoch: $0) } == [1, 1, 0.5, 0.25, 0.125])
    #expect(schedule.rate(epoch: 15) == 0x1p-10)
  }

  @Test("A constant rate stays, any factor is a power, and far epochs end at zero")
  func others() {
    #expect([1, 2, 1000].map { LearningRateSchedule.constant(0.3).rate(epoch: $0) } == [0.3, 0.3, 0.3])
    let schedule = LearningRateSchedule(initial: 2, factor: 0.9, constantEpochs: 1)
    for epoch in 1...30 {
      #expect(abs(Double(schedule.rate(epoch: epoch)) / (2 * pow(0.9, Double(epoch - 1))) - 1) < 1e-6)
    }
    #expect(LearningRateSchedule.halving(from: 1, after: 0).rate(epoch: 1) == 0.5)
    #expect(LearningRateSchedule.halving(from: 1, after: 0).rate(epoch: 10_000) == 0)
  }

  @Test("It travels as JSON")
  func codable() throws {
    let schedule = LearningRateSchedule.halving(from: 0.7, after: 3)
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
  }
}
