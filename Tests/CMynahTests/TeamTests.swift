import CMynah
import Foundation
import MynahTensors
import TestSupport
import Testing

struct TeamTests {
  /// Work in two phases: each thread fills its share, waits at the barrier, and reads the other threads' shares.
  static let work: mynah_work = { context, worker in
    guard let worker = unsafe worker, let numbers = unsafe context?.assumingMemoryBound(to: Int.self) else { return }
    let (thread, count) = unsafe (Int(worker.pointee.thread), Int(worker.pointee.count))
    let half = 32
    for index in stride(from: thread, to: half, by: count) { unsafe numbers[index] += index }
    unsafe mynah_worker_wait(worker)
    for index in stride(from: thread, to: half, by: count) {
      unsafe numbers[half + index] += unsafe numbers[half - 1 - index]
    }
  }

  /// The result of running `work` this many times on zeros.
  static func expected(runs: Int) -> [Int] {
    (0..<32).map { $0 * runs } + (0..<32).map { index in (1...runs).reduce(0) { $0 + (31 - index) * $1 } }
  }

  @Test("Threads share work and meet at a barrier", arguments: [1, 2, 3, 5, 16])
  func shared(threads: Int32) {
    let team = unsafe mynah_team_start(threads)
    #expect(unsafe mynah_team_threads(team) == threads)
    var numbers = [Int](repeating: 0, count: 64)
    for _ in 0..<100 { unsafe mynah_team_run(team, Self.work, &numbers) }
    #expect(numbers == Self.expected(runs: 100))
    unsafe mynah_team_stop(team)
  }

  @Test("Several callers of one team at once all get correct results")
  func callers() {
    let team = unsafe mynah_team_start(2)
    nonisolated(unsafe) let shared = unsafe team
    DispatchQueue.concurrentPerform(iterations: 6) { _ in
      var numbers = [Int](repeating: 0, count: 64)
      for _ in 0..<200 { unsafe mynah_team_run(shared, Self.work, &numbers) }
      #expect(numbers == Self.expected(runs: 200))
    }
    unsafe mynah_team_stop(team)
  }

  @Test("Work that calls the team it is running on runs the nested work alone")
  func nested() {
    let nesting: mynah_work = { context, worker in
      guard let worker = unsafe worker, let numbers = unsafe context?.assumingMemoryBound(to: Int.self) else { return }
      unsafe mynah_team_run(worker.pointee.team, TeamTests.work, numbers + 64 * Int(worker.pointee.thread))
    }
    let team = unsafe mynah_team_start(2)
    var numbers = [Int](repeating: 0, count: 128)
    unsafe mynah_team_run(team, nesting, &numbers)
    #expect(numbers == Self.expected(runs: 1) + Self.expected(runs: 1))
    unsafe mynah_team_stop(team)
  }

  @Test(
    "A caller that mostly waits for its team works alone for a while, unless it requires all threads",
    .enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "one processor"))
  func crowded() {
    /// Work whose second thread starts late, as if another program held its processor; counts runs by thread count.
    let work: mynah_work = { context, worker in
      guard let worker = unsafe worker, let runs = unsafe context?.assumingMemoryBound(to: Int.self) else { return }
      if unsafe worker.pointee.thread == 1 { usleep(5000) }
      if unsafe worker.pointee.thread == 0 { unsafe runs[Int(worker.pointee.count)] += 1 }
    }
    let team = unsafe mynah_team_start(2)
    var runs = [0, 0, 0]
    for _ in 0..<20 { unsafe mynah_team_run(team, work, &runs) }
    #expect(runs[1] > 0 && runs[2] > 0 && runs[1] + runs[2] == 20)
    runs = [0, 0, 0]
    for _ in 0..<5 { unsafe mynah_team_run_all(team, work, &runs) }
    #expect(runs == [0, 0, 5])
    unsafe mynah_team_stop(team)
  }

  @Test("A team of zero threads is nil, and a nil team runs work on the calling thread")
  func alone() {
    #expect(unsafe mynah_team_start(0) == nil)
    #expect(mynah_team_threads(nil) == 1)
    var numbers = [Int](repeating: 0, count: 64)
    unsafe mynah_team_run(nil, Self.work, &numbers)
    #expect(numbers == Self.expected(runs: 1))
    mynah_team_stop(nil)
  }

  @Test("A sleeping team wakes up for new work")
  func sleeping() async throws {
    let team = ThreadTeam(threadCount: 2)
    #expect(team.threadCount == 2)
    let a = Tensor(shape: [70, 70], repeating: 0.5)
    for _ in 0..<3 {
      try await Task.sleep(for: .milliseconds(30))
      let product = ThreadTeam.$current.withValue(team) { a.matmul(a) }
      #expect(product == Tensor(shape: [70, 70], repeating: 17.5))
    }
  }

  @Test("The current team limits a task's threads, and any number of threads gives the same bits")
  func current() async {
    var random = RandomSource(seed: 4)
    let a = Tensor.random([130, 90], using: &random)
    let b = Tensor.random([90, 210], using: &random)
    let alone = ThreadTeam.$current.withValue(nil) { a.matmul(b) }
    for threadCount in 1...4 {
      let product = ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
        #expect(ThreadTeam.current?.threadCount == threadCount)
        return a.matmul(b)
      }
      #expect(product == alone)
    }
    let equal = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 { group.addTask { (0..<20).allSatisfy { _ in a.matmul(b) == alone } } }
      return await group.allSatisfy { $0 }
    }
    #expect(equal)
  }
}
