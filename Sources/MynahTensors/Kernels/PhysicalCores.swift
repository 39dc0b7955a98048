package import Foundation

#if canImport(Darwin)
import Darwin
#endif

/// The processor cores that this process may use.
package enum PhysicalCores {
  /// The number of cores, at least 1.
  ///
  /// Hardware threads of one core share its arithmetic units and caches, so a team with more threads than cores is no
  /// faster, and waits longer at its barriers. On Linux, each core on which the process may run counts once, up to the
  /// container's CPU quota. On macOS, only cores of the fastest kind count.
  package static let count: Int = {
    let most = ProcessInfo.processInfo.activeProcessorCount
    #if canImport(Darwin)
    let count = number(named: "hw.perflevel0.physicalcpu") ?? number(named: "hw.physicalcpu") ?? most
    #else
    let system = URL(fileURLWithPath: "/sys")
    let cores = allowed.flatMap { coreCount(of: $0, in: system) } ?? most
    let quota = try? String(contentsOf: system.appendingPathComponent("fs/cgroup/cpu.max"), encoding: .utf8)
    let count = min(cores, quota.flatMap(processorQuota) ?? .max)
    #endif
    return min(max(1, count), max(1, most))
  }()

  /// The processors that this process may run on; nil if the system does not restrict them, as on macOS.
  package static var allowed: [Int]? {
    (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)).flatMap(allowedProcessors)
  }

  /// Returns the processors in the line "Cpus_allowed_list" of a process's status, such as 0-3,8; nil if there is none.
  package static func allowedProcessors(in status: String) -> [Int]? {
    let name = "Cpus_allowed_list:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    var processors: [Int] = []
    for part in line.dropFirst(name.count).split(separator: ",") {
      let bounds = part.split(separator: "-").map { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil, first <= last else {
        return nil
      }
      processors += first...last
    }
    return processors.isEmpty ? nil : processors
  }

  /// Returns the number of different cores of some processors, according to a sysfs folder; nil if a processor is not
  /// listed.
  package static func coreCount(of processors: [Int], in system: URL) -> Int? {
    var cores: Set<String> = []
    for processor in processors {
      let folder = system.appendingPathComponent("devices/system/cpu/cpu\(processor)/topology")
      let names = ["physical_package_id", "core_id"]
      let ids = names.compactMap { try? String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
      guard ids.count == names.count else { return nil }
      cores.insert(ids.joined(separator: " "))
    }
    return cores.count
  }

  /// Returns the number of processors of a cgroup's CPU quota, rounded up: 2 for "200000 100000"; nil if there is no
  /// limit.
  package static func processorQuota(_ limit: String) -> Int? {
    let numbers = limit.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard numbers.count == 2, let time = numbers[0], let period = numbers[1], time > 0, period > 0 else { return nil }
    return Int(exactly: (time / period).rounded(.up))
  }

  #if canImport(Darwin)
  private static func number(named name: String) -> Int? {
    var (value, size) = (Int32(0), MemoryLayout<Int32>.size)
    return unsafe sysctlbyname(name, &value, &size, nil, 0) == 0 && value > 0 ? Int(value) : nil
  }
  #endif
}
