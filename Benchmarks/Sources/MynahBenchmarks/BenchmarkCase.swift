import Measurement
import MynahTensors

/// A single benchmark.
struct BenchmarkCase: Sendable {
  /// The timed call and its amount of work.
  typealias Prepared = (work: Work, call: () throws -> Void)

  /// The family and sizes, separated by slashes.
  let name: String
  /// The precision that the machine must support.
  let precision: Precision
  /// Creates the inputs and returns the call to time.
  let prepare: @Sendable () throws -> Prepared

  init(name: String, precision: Precision = .float32, prepare: @escaping @Sendable () throws -> Prepared) {
    self.name = name
    self.precision = precision
    self.prepare = prepare
  }

  /// All cases, in the order of `--list`.
  static let all =
    matrixProducts + vectorMathematics + lstmPasses + losses + trainingSteps + generations + scorings + modelLoading
    + tokenizing

  /// Times the case on the current thread team; returns nil if the machine lacks the precision.
  func result(_ stopwatch: Stopwatch) throws -> Report.Result? {
    guard precision.isSupported else { return nil }
    return try Precision.$current.withValue(precision) {
      let prepared = try prepare()
      return Report.Result(name: name, timing: try stopwatch.time(prepared.call), work: prepared.work)
    }
  }
}
