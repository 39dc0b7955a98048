import Foundation

/// What one measurement found: one line of JSON, or one of words.
struct BenchRecord: Encodable {
  /// The case: the name of a preset.
  var config: String
  /// The precision that was really used, which is float32 where the machine lacks another one.
  var precision: String
  var threads: Int
  /// The instruction set of the kernels.
  var instructionSet: String
  /// The median time of a step: a training step, a token of every stream, or a whole scored text.
  var milliseconds: Double
  var tokensPerSecond: Double
  /// The process's largest resident memory until now.
  var peakMiB: Double
  /// The model's arithmetic, in 10⁹ floating-point operations a second.
  var gigaflops: Double
  /// `gigaflops` over the measured float32 peak of as many threads; above 1 where other instructions are faster.
  var shareOfPeak: Double
}
