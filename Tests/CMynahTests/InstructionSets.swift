import CMynah
import Foundation
import Testing
import MynahTensors

/// The kernels of one instruction set that this machine has; the argument of the kernels' tests.
@safe
struct InstructionSet: @unchecked Sendable, CustomTestStringConvertible {
  // Constants of C, which nobody writes.
  private let pointer: UnsafePointer<mynah_kernels>

  var kernels: mynah_kernels { unsafe pointer.pointee }
  var testDescription: String { unsafe String(cString: kernels.name) }

  /// All that this machine has.
  static let available: [InstructionSet] = (0..<UInt32(MYNAH_ISA_COUNT)).compactMap { number in
    unsafe mynah_kernels_for(mynah_isa(number)).map { unsafe InstructionSet(pointer: $0) }
  }
}

/// Numbers in memory with a guard of NaN before and behind, at any alignment.
@safe
final class GuardedMemory {
  private let memory: UnsafeMutableBufferPointer<Float>
  let count: Int
  private let offset: Int

  /// - Parameter misalignment: The distance of the numbers from a 64-byte boundary, in floats.
  init(_ elements: [Float], misalignment: Int = 0) {
    count = elements.count
    offset = 16 + misalignment
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: (count + offset + 16) * 4, alignment: 64)
    unsafe memory = raw.bindMemory(to: Float.self)
    unsafe memory.initialize(repeating: .nan)
    for (index, element) in elements.enumerated() { unsafe memory[offset + index] = element }
  }

  deinit { unsafe memory.deallocate() }

  var base: UnsafeMutablePointer<Float>? { unsafe memory.baseAddress.map { unsafe $0 + offset } }
  var elements: [Float] { unsafe Array(memory[offset..<offset + count]) }

  /// A Boolean value indicating whether nothing was written outside the numbers.
  var guardsAreWhole: Bool {
    unsafe memory[..<offset].allSatisfy { $0.isNaN } && memory[(offset + count)...].allSatisfy { $0.isNaN }
  }
}

struct InstructionSetTests {
  @Test("The environment's MYNAH_INSTRUCTION_SET names a set that this machine has, and it is the one in use")
  func choice() {
    guard let best = unsafe mynah_kernels_best() else {
      Issue.record("no instruction set was chosen")
      return
    }
    let name = unsafe String(cString: best.pointee.name)
    if let wanted = ProcessInfo.processInfo.environment["MYNAH_INSTRUCTION_SET"] {
      #expect(name == wanted)
    } else {
      // The last of those that this machine has, unless it gains nothing by that one.
      #expect(InstructionSet.available.suffix(2).map(\.testDescription).contains(name))
    }
  }
}
