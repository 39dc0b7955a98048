import Foundation

/// The memory of this process.
enum ProcessMemory {
  /// The peak resident set size so far, in MiB.
  static var peakMiB: Double {
    var usage = rusage()
    // 0 is RUSAGE_SELF, which C libraries declare with different types.
    _ = unsafe getrusage(0, &usage)
    #if os(macOS)
    return Double(usage.ru_maxrss) / 1_048_576  // in bytes there, elsewhere in KiB
    #else
    return Double(usage.ru_maxrss) / 1024
    #endif
  }
}
