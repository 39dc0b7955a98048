import CMynah
import Foundation
import Testing
import MynahTensors

/// The kernels for one instruction set that this machine supports; the argument of the kernel tests.
@safe
struct InstructionSet: @unchecked Sendable, CustomTestStringConvertible {
  // Points to constants in C, which are never written.
  private let pointer: UnsafePointer<mynah_kernels>

  var kernels: mynah_kernels { unsafe pointer.pointee }
  var testDescription: String { unsafe String(cString: kernels.name) }

  /// All instruction sets that this machine supports.
  static let available: [InstructionSet] = (0..<UInt32(MYNAH_ISA_COUNT)).compactMap { number in
    unsafe mynah_kernels_for(mynah_isa(number)).map { unsafe InstructionSet(pointer: $0) }
  }
}

/// Floats in memory at any alignment, with guard values of NaN before and after them.
@safe
final class GuardedMemory {
  private let memory: UnsafeMutableBufferPointer<Float>
  let count: Int
  private let offset: Int

  /// - Parameter misalignment: The offset of the elements from a 64-byte boundary, in floats.
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

  /// A Boolean value indicating whether nothing was written outside the elements.
  var guardsAreWhole: Bool {
    unsafe memory[..<offset].allSatisfy { $0.isNaN } && memory[(offset + count)...].allSatisfy { $0.isNaN }
  }
}

struct InstructionSetTests {
  @Test("MYNAH_INSTRUCTION_SET selects the instruction set; without it, one of the machine's best two is in use")
  func choice() {
    guard let best = unsafe mynah_kernels_best() else {
      Issue.record("no instruction set was chosen")
      return
    }
    let name = unsafe String(cString: best.pointee.name)
    if let wanted = ProcessInfo.processInfo.environment["MYNAH_INSTRUCTION_SET"] {
      #expect(name == wanted)
    } else {
      // The last supported set, or the one before it if the last one is no faster.
      #expect(InstructionSet.available.suffix(2).map(\.testDescription).contains(name))
    }
  }
}
