package import Foundation

#if canImport(Darwin)
import Darwin
#endif

/// The processor cores that this process may use.
package enum PhysicalCores {
  /// The number of cores, at least 1.
  ///
  /// Hardware threads of one core share its arithmetic units and caches, so a team of more threads than cores gains
  /// nothing and waits longer at its barriers. On Linux, the processors that the process may run on are counted, each
  /// core once; a container's share of processor time is a limit too. On macOS, the fastest kind of core is counted.
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

  /// The processors that this process may run on; nil where the system does not restrict them, as on macOS.
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

  /// Returns the number of different cores of some processors, as the system's folder describes them; nil if it does
  /// not describe each.
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

  /// Returns the processors that a control group's limit amounts to, rounded up: 200000 100000 is 2; nil for no limit.
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
