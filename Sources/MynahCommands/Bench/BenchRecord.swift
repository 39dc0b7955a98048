import MynahIO

/// The result of one measurement, printed as a line of JSON or of text.
struct BenchRecord: Encodable {
  /// The name of the preset.
  var config: String
  /// The precision that was actually used: float32 if the machine lacks the requested one.
  var precision: String
  var threads: Int
  /// The instruction set of the kernels.
  var instructionSet: String
  /// The median time of a step: a training step, a token of every stream, or a whole scored text.
  var milliseconds: Double
  var tokensPerSecond: Double
  /// The number of the model's trainable parameters.
  var parameters: Int
  /// The peak resident memory of the process so far, in MiB.
  var peakMiB: Double
  /// The model's arithmetic, in 10⁹ floating-point operations per second.
  var gigaflops: Double
  /// `gigaflops` divided by the measured float32 peak of the same number of threads; above 1 if other instructions are
  /// faster.
  var shareOfPeak: Double
  /// `gigaflops` divided by the measured bfloat16 peak; nil unless the precision is bfloat16.
  var shareOfBfloat16Peak: Double?
}

extension BenchRecord {
  /// The shares of the peaks, in words.
  var sharesInWords: String {
    "\((100 * shareOfPeak).formatted(1)) % of the float32 peak"
      + (shareOfBfloat16Peak.map { ", \((100 * $0).formatted(1)) % of the bfloat16 peak" } ?? "")
  }
}
