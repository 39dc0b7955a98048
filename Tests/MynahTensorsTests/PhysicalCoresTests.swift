import Foundation
import TestSupport
import Testing

import MynahTensors

struct PhysicalCoresTests {
  @Test(
    "The list of allowed processors is read from a process's status",
    arguments: [
      ("Name:\tmynah\nCpus_allowed_list:\t0-1\nMems_allowed:\t1\n", [0, 1]), ("Cpus_allowed_list:\t5", [5]),
      ("Cpus_allowed_list:\t0-2,8,10-11\n", [0, 1, 2, 8, 10, 11]), ("Cpus_allowed_list:\t\n", nil),
      ("Cpus_allowed_list:\t3-1\n", nil), ("Cpus_allowed_list:\ta\n", nil), ("Name:\tmynah\n", nil), ("", nil),
    ] as [(String, [Int]?)])
  func allowed(status: String, processors: [Int]?) {
    #expect(PhysicalCores.allowedProcessors(in: status) == processors)
  }

  @Test("Processors of one physical core count once, and an unknown processor makes the count nil")
  func cores() throws {
    let folder = try ScratchFolder()
    // Two packages with two cores each and two hardware threads per core; both packages use the same core numbers.
    for processor in 0..<8 {
      let path = URL(fileURLWithPath: folder("devices/system/cpu/cpu\(processor)/topology"))
      try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
      try "\(processor / 4)\n".write(
        to: path.appendingPathComponent("physical_package_id"), atomically: false, encoding: .utf8)
      try "\(processor % 2)\n".write(to: path.appendingPathComponent("core_id"), atomically: false, encoding: .utf8)
    }
    let count = { PhysicalCores.coreCount(of: $0, in: URL(fileURLWithPath: folder.path)) }
    #expect(count(Array(0..<8)) == 4 && count([0, 2]) == 1 && count([0, 1]) == 2 && count([0, 4]) == 2)
    #expect(count([0, 8]) == nil)
  }

  @Test(
    "A CPU time quota is rounded up to whole processors",
    arguments: [
      ("200000 100000\n", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000\n", nil), ("0 100000", nil),
      ("", nil), ("1 2 3", nil), ("1e300 1", nil),
    ] as [(String, Int?)])
  func quota(limit: String, count: Int?) {
    #expect(PhysicalCores.processorQuota(limit) == count)
  }

  @Test("By default, a team has one thread per physical core")
  func team() {
    #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(PhysicalCores.count))
    #expect(
      ThreadTeam.shared.threadCount == PhysicalCores.count && ThreadTeam.defaultThreadCount == PhysicalCores.count)
  }
}
