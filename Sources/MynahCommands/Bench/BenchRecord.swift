import MynahIO

/// The figures of one measurement: one line of JSON, or one of words.
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
  /// The number of the model's trainable parameters.
  var parameters: Int
  /// The process's largest resident memory until now.
  var peakMiB: Double
  /// The model's arithmetic, in 10⁹ floating-point operations a second.
  var gigaflops: Double
  /// `gigaflops` over the measured float32 peak of as many threads; above 1 where other instructions are faster.
  var shareOfPeak: Double
  /// The same over the measured bfloat16 peak, if the precision is bfloat16.
  var shareOfBfloat16Peak: Double?
}

extension BenchRecord {
  /// The shares of the peaks, in words.
  var sharesInWords: String {
    "\((100 * shareOfPeak).formatted(1)) % of the float32 peak"
      + (shareOfBfloat16Peak.map { ", \((100 * $0).formatted(1)) % of the bfloat16 peak" } ?? "")
  }
}
