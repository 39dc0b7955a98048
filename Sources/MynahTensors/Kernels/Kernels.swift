package import CMynah

import MynahIO
/// The kernels of the instruction set in use.
///
/// Extensions in `Kernels` folders wrap them with buffers instead of pointers and counts; no other file imports
/// `CMynah`.
package enum Kernels {
  /// The kernels of the instruction set that this process uses: a C constant, which no thread writes.
  package nonisolated(unsafe) static let table: UnsafePointer<mynah_kernels> = unsafe chooseTable()

  private static func chooseTable() -> UnsafePointer<mynah_kernels> {
    guard let table = unsafe mynah_kernels_best() else { requirementFailure("no instruction set has kernels") }
    return unsafe table
  }

  /// The name of that instruction set.
  package static var instructionSet: String { unsafe String(cString: table.pointee.name) }

  /// The inference kernels of that set: also a C constant.
  package nonisolated(unsafe) static let inference: UnsafePointer<mynah_inference_kernels> =
    unsafe chooseInferenceTable()

  private static func chooseInferenceTable() -> UnsafePointer<mynah_inference_kernels> {
    guard let table = unsafe mynah_inference_best() else { requirementFailure("no instruction set has kernels") }
    return unsafe table
  }

  typealias Source = UnsafeBufferPointer<Float>
  typealias Target = UnsafeMutableBufferPointer<Float>
}
