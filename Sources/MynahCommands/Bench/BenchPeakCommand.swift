import ArgumentParser
import MynahIO
import MynahTensors

/// `mynah bench peak`: the machine's peak, and the share of it that training steps reach.
struct BenchPeakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak",
    abstract: "Measure this machine's peak, and the share of it that training reaches.",
    discussion: """
      Each preset of mynah bench train runs a few steps in float32, and in bfloat16 if the machine supports it. The \
      peaks are those of float32 multiply-adds in registers and, if the instruction set has them, of bfloat16 \
      products. Memory is read in order, in a block of 8 MiB, which fits into caches, and in one of 256 MiB.
      """)

  @Flag(help: "Print JSON: a line for the machine, then one for each preset and precision.")
  var json = false

  @Flag(help: "Measure only the machine.")
  var machineOnly = false

  @OptionGroup var threads: ThreadOptions

  func run() throws {
    let machine = PeakRecord(threadCount: threads.count)
    if json { try StandardOutput.writeJSON(machine) } else { try StandardOutput.write(machine.inWords) }
    guard !machineOnly else { return }
    for preset in BenchPreset.all {
      for precision in Precision.allCases where precision.isSupported {
        let record = BenchTrainCommand.record(
          preset, precision: precision, threadCount: threads.count, seconds: 0.5, minimumCount: 2)
        if json { try StandardOutput.writeJSON(record) } else { try StandardOutput.write(record.inWords + "\n") }
      }
    }
  }
}

/// The measured peaks of the machine; fields that `BenchRecord` also has mean the same.
struct PeakRecord: Encodable {
  let config = "peak"
  let precision = Precision.float32
  let threads: Int
  let instructionSet = Kernels.instructionSet
  /// The duration of the measurement.
  let milliseconds: Double
  let tokensPerSecond = 0.0
  let peakMiB: Double
  let gigaflops: Double
  let shareOfPeak = 1.0
  /// The peak of bfloat16 products in registers; nil if the instruction set has none.
  let bfloat16Gigaflops: Double?
  /// The speed of reading 8 MiB and 256 MiB, in 10⁹ bytes per second.
  let cacheGigabytesPerSecond, memoryGigabytesPerSecond: Double

  /// Measures the peaks with a number of threads.
  init(threadCount: Int) {
    threads = threadCount
    let start = ContinuousClock.now
    gigaflops = MachinePeak.gigaflopsPerSecond(threadCount: threadCount)
    let peak = MachinePeak.gigaflopsPerSecond(.bfloat16, threadCount: threadCount)
    bfloat16Gigaflops = peak > 0 ? peak : nil
    cacheGigabytesPerSecond = MachinePeak.readGigabytesPerSecond(mebibytes: 8, passCount: 50, threadCount: threadCount)
    memoryGigabytesPerSecond = MachinePeak.readGigabytesPerSecond(
      mebibytes: 256, passCount: 2, threadCount: threadCount)
    milliseconds = (ContinuousClock.now - start).seconds * 1e3
    peakMiB = ProcessMemory.peakMiB
  }

  var inWords: String {
    """
    \(threads) thread\(threads == 1 ? "" : "s"), \(instructionSet)
    float32 multiply-add  \(gigaflops.brief) GFLOP/s
    bfloat16 products     \(bfloat16Gigaflops.map { "\($0.brief) GFLOP/s" } ?? "not in this instruction set")
    reading 8 MiB         \(cacheGigabytesPerSecond.brief) GB/s
    reading 256 MiB       \(memoryGigabytesPerSecond.brief) GB/s

    """
  }
}
