import Dispatch
import MynahTensors
import Synchronization

/// Computes independent values in parallel and returns them in order.
///
/// Training small models in parallel, one per core, is faster than training them one after another on all cores.
enum SideBySide {
  /// Calls `make` for 0 ..< count, on as many threads as the current team has.
  ///
  /// - Parameter make: The function that computes a value. The value must not depend on the thread. `hasFailed` returns
  ///   true once another call has failed.
  /// - Throws: The error of the failed call with the lowest index.
  static func map<Result: Sendable>(
    _ count: Int, _ make: @Sendable (_ index: Int, _ hasFailed: @escaping @Sendable () -> Bool) throws -> Result
  ) throws -> [Result] {
    let threads = ThreadTeam.current?.threadCount ?? 1
    let workers = min(count, threads)
    let shared = Shared<Result>()
    let hasFailed: @Sendable () -> Bool = { shared.hasFailed }
    guard workers > 1 else { return try (0..<count).map { try make($0, hasFailed) } }
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      // Divide surplus threads evenly among the workers.
      let team = threads / workers > 1 ? ThreadTeam(threadCount: threads / workers) : nil
      ThreadTeam.$current.withValue(team) {
        for index in stride(from: worker, to: count, by: workers) where !shared.hasFailed {
          shared.keep(Swift.Result { try make(index, hasFailed) }, of: index)
        }
      }
    }
    return try shared.values(count)
  }

  private final class Shared<Value: Sendable>: Sendable {
    private let failed = Atomic(false)
    private let results = Mutex<[Int: Swift.Result<Value, any Error>]>([:])

    var hasFailed: Bool { failed.load(ordering: .relaxed) }

    func keep(_ result: Swift.Result<Value, any Error>, of index: Int) {
      results.withLock { $0[index] = result }
      if case .failure = result { failed.store(true, ordering: .relaxed) }
    }

    /// Returns all values or throws the error of a failed call, preferring errors other than interruptions that follow
    /// from another call's failure.
    func values(_ count: Int) throws -> [Value] {
      try results.withLock { results in
        let errors = results.sorted { $0.key < $1.key }.compactMap { entry -> (any Error)? in
          if case .failure(let error) = entry.value { error } else { nil }
        }
        if let error = errors.first(where: { $0 as? ClassificationError != .interrupted }) ?? errors.first {
          throw error
        }
        return try (0..<count).compactMap { try results[$0]?.get() }
      }
    }
  }
}
