import MynahIO
import MynahTensors

/// The peak speeds of this machine.
enum MachinePeak {
  /// Returns the speed of multiply-adds in registers in 10⁹ operations per second, the best of several short runs; 0 if
  /// the instruction set has none for the precision.
  static func gigaflopsPerSecond(_ precision: Precision = .float32, threadCount: Int) -> Double {
    guard precision.isSupported else { return 0 }
    return ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
      // About 10 ms per run, found by doubling, which also warms the machine up.
      var rounds = 1 << 16
      while seconds({ _ = Kernels.multiplyAndAdd(rounds: rounds, precision: precision) }) < 0.01 { rounds *= 2 }
      return best(of: 20) { Double(Kernels.multiplyAndAdd(rounds: rounds, precision: precision)) / 1e9 }
    }
  }

  /// Returns the speed of reading a block in order, in 10⁹ bytes per second: the best of several passes.
  static func readGigabytesPerSecond(mebibytes: Int, passCount: Int, threadCount: Int) -> Double {
    let block = Tensor(shape: [mebibytes << 18], repeating: 1)
    return ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
      best(of: passCount) {
        Kernels.readThrough(block)
        return Double(mebibytes << 20) / 1e9
      }
    }
  }

  /// Returns the highest amount per second over several runs.
  private static func best(of runCount: Int, _ amount: () -> Double) -> Double {
    (0..<runCount).map { _ in
      var result = 0.0
      let time = seconds { result = amount() }
      return result / max(time, 1e-9)
    }.max() ?? 0
  }

  private static func seconds(_ body: () -> Void) -> Double { ContinuousClock().measure(body).seconds }
}

/// The machine's peaks for a number of threads.
struct Peaks {
  private(set) var float32, bfloat16: Double

  /// Measures the float32 peak, and the bfloat16 peak if the precision is bfloat16.
  init(with precision: Precision, threadCount: Int) {
    float32 = MachinePeak.gigaflopsPerSecond(threadCount: threadCount)
    bfloat16 = precision == .bfloat16 ? MachinePeak.gigaflopsPerSecond(.bfloat16, threadCount: threadCount) : 0
  }

  /// Returns the higher value of each peak from two measurements, because the machine's load may change.
  func maximum(_ other: Peaks) -> Peaks {
    var result = self
    (result.float32, result.bfloat16) = (max(float32, other.float32), max(bfloat16, other.bfloat16))
    return result
  }

  /// Returns the share of the bfloat16 peak; nil if it was not measured.
  func bfloat16Share(of gigaflops: Double) -> Double? { bfloat16 > 0 ? gigaflops / bfloat16 : nil }
}
