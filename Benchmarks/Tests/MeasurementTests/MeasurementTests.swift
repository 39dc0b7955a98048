import Foundation
import Measurement
import Synchronization
import Testing

@Suite struct MeasurementTests {
  @Test(
    "The median is the middle value, or the mean of the two middle ones",
    arguments: [[3]: 3, [1, 9, 2]: 2, [4, 1, 3, 2]: 2.5, [5, 5, 1, 1, 100]: 5] as [[Double]: Double])
  func median(values: [Double], expected: Double) {
    #expect(values.median == expected)
  }

  @Test("Nothing has no median")
  func medianOfNothing() {
    #expect([Double]().median.isNaN)
  }

  @Test("A stopwatch warms up, repeats until its time is up, and divides by the calls of a repeat")
  func stopwatch() {
    let clock = Mutex(0.0)
    let calls = Mutex(0)
    let stopwatch = Stopwatch(seconds: 0.1, minimumRepeats: 3) { clock.withLock { $0 } }
    let timing = stopwatch.time {
      clock.withLock { $0 += 0.000_25 }
      calls.withLock { $0 += 1 }
    }
    #expect(timing.callsPerRepeat == 4)
    #expect(abs(timing.medianSeconds - 0.000_25) < 1e-9)
    #expect((99...101).contains(timing.repeats))
    #expect(calls.withLock { $0 } == timing.warmUpCalls + timing.repeats * timing.callsPerRepeat)
    #expect(timing.warmUpCalls >= 80)
  }

  @Test("Slow work is repeated the smallest number of times, a call each")
  func slowWork() {
    let clock = Mutex(0.0)
    let stopwatch = Stopwatch(seconds: 0, minimumRepeats: 3) { clock.withLock { $0 } }
    let timing = stopwatch.time { clock.withLock { $0 += 2 } }
    #expect(timing == Timing(warmUpCalls: 1, repeats: 3, callsPerRepeat: 1, medianSeconds: 2))
  }

  @Test("Throughput is work over time in the unit that is named")
  func throughput() {
    #expect(Work.operations(4e9).throughput(seconds: 2) == 2)
    #expect(Work.elements(3_000_000_000).throughput(seconds: 1.5) == 2)
    #expect(Work.tokens(100).throughput(seconds: 0.5) == 200)
    #expect(Work.bytes(5_000_000).throughput(seconds: 0.5) == 10)
  }

  @Test(
    "Numbers are written with significant digits and no exponent",
    arguments: [
      (0.012_345, "0.01235"), (1.5, "1.500"), (9999.4, "9999"), (123_456.0, "123456"), (0, "0.0"),
    ])
  func significantDigits(value: Double, expected: String) {
    #expect(value.significant(4) == expected)
  }

  @Test("The processor's name is found in Linux's list of processors")
  func processorName() {
    let text = "processor\t: 0\nvendor_id\t: X\nmodel\t\t: 7\nmodel name\t: Some CPU: fast\nmodel name\t: Other\n"
    #expect(Machine.name(inProcessorList: text) == "Some CPU: fast")
    #expect(Machine.name(inProcessorList: "processor : 0\n") == nil)
  }

  @Test("A report is one line of JSON with machine, commit and results")
  func report() throws {
    let timing = Timing(warmUpCalls: 2, repeats: 7, callsPerRepeat: 10, medianSeconds: 0.002)
    let result = Report.Result(name: "gemm/x", timing: timing, work: .operations(4e8))
    let report = Report(
      machine: .current, instructionSet: "plain", threads: 2, date: Date(timeIntervalSince1970: 0), results: [result])
    let json = try report.json()
    #expect(!json.contains("\n"))
    #expect(json.contains(#""date":"1970-01-01T00:00:00Z""#))
    #expect(json.contains(#""median":2,"name":"gemm/x","repeats":7,"throughput":200,"throughputUnit":"GFLOP/s""#))
    #expect(result.line.hasSuffix("2.000 ms       200.0 GFLOP/s"))
  }
}
