import MynahTensors

/// What this machine can do at best: the roof that measurements stand under.
enum MachinePeak {
  /// The speed of float32 fused multiply-adds in registers, in 10⁹ operations a second: the best of several short runs.
  static func float32GigaflopsPerSecond(threadCount: Int) -> Double {
    ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
      // Some 10 ms a run, found by doubling, which warms the machine up besides.
      var rounds = 1 << 16
      while seconds({ _ = Kernels.multiplyAndAdd(rounds: rounds) }) < 0.01 { rounds *= 2 }
      return best(of: 20) { Double(Kernels.multiplyAndAdd(rounds: rounds)) / 1e9 }
    }
  }

  /// The speed of reading a block in order, in 10⁹ bytes a second: the best of several passes.
  static func readGigabytesPerSecond(mebibytes: Int, passCount: Int, threadCount: Int) -> Double {
    let block = Tensor(shape: [mebibytes << 18], repeating: 1)
    return ThreadTeam.$current.withValue(ThreadTeam(threadCount: threadCount)) {
      best(of: passCount) {
        Kernels.readThrough(block)
        return Double(mebibytes << 20) / 1e9
      }
    }
  }

  /// The largest amount a second in several runs.
  private static func best(of runCount: Int, _ amount: () -> Double) -> Double {
    (0..<runCount).map { _ in
      var result = 0.0
      let time = seconds { result = amount() }
      return result / max(time, 1e-9)
    }.max() ?? 0
  }

  private static func seconds(_ body: () -> Void) -> Double { ContinuousClock().measure(body).seconds }
}
