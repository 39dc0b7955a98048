import CMynah
import Measurement
import MynahTensors

/// Direct access to the kernels, to measure them alone; no other file of this package imports `CMynah`.
@safe
final class Kernels: Sendable {
  // C constants, and a team whose lock admits one thread at a time.
  private nonisolated(unsafe) let table: UnsafePointer<mynah_kernels>
  private nonisolated(unsafe) let team: OpaquePointer?

  init(threadCount: Int) {
    guard let table = unsafe mynah_kernels_best() else { preconditionFailure("no instruction set has kernels") }
    unsafe self.table = unsafe table
    unsafe team = mynah_team_start(Int32(threadCount))
  }

  deinit { unsafe mynah_team_stop(team) }

  var instructionSet: String { unsafe String(cString: table.pointee.name) }

  /// C = A·B with memory that is already allocated, as in the peers.
  func matrixProduct(_ product: MatrixProduct, precision: Precision) -> () -> Void {
    let (m, n, k) = (product.rowCount, product.columnCount, product.innerCount)
    let (a, b) = (Block(count: m * k, seed: 1), Block(count: k * n, seed: 2))
    let (c, workspace) = (Block(count: m * n), Block(count: unsafe table.pointee.gemm_workspace(m, n, k)))
    return {
      unsafe self.table.pointee.gemm(
        self.team, c.base, a.base, b.base, m, n, k, product.form == .transposedA, product.form == .transposedB, false,
        precision == .bfloat16 ? MYNAH_BFLOAT16 : MYNAH_FLOAT32, workspace.base)
    }
  }

  /// C = A·B with a packed B, as a layer packs its recurrent weights once per sequence.
  func packedProduct(_ product: MatrixProduct, precision: Precision) -> () -> Void {
    let (m, n, k) = (product.rowCount, product.columnCount, product.innerCount)
    let (a, b, c) = (Block(count: m * k, seed: 1), Block(count: k * n, seed: 2), Block(count: m * n))
    let packed = Block(count: unsafe table.pointee.gemm_workspace(m, n, k))
    let precision = precision == .bfloat16 ? MYNAH_BFLOAT16 : MYNAH_FLOAT32
    unsafe table.pointee.gemm_pack(team, packed.base, b.base, m, n, k, false, precision)
    return {
      unsafe self.table.pointee.gemm_packed(self.team, c.base, a.base, packed.base, m, n, k, false, precision)
    }
  }

  enum Function: String, CaseIterable, Sendable { case exp, tanh, sigmoid }

  /// y[i] = f(x[i]), on one thread.
  func vectorFunction(_ function: Function, count: Int) -> () -> Void {
    let (x, y) = (Block(count: count, seed: 3), Block(count: count))
    return {
      switch function {
      case .exp: unsafe self.table.pointee.exp(y.base, x.base, count)
      case .tanh: unsafe self.table.pointee.tanh(y.base, x.base, count)
      case .sigmoid: unsafe self.table.pointee.sigmoid(y.base, x.base, count)
      }
    }
  }
}

/// Aligned memory for a kernel.
@safe
private final class Block {
  let base: UnsafeMutablePointer<Float>

  /// Creates zeros, or random numbers in −1 ..< 1 if there is a seed; touches every page.
  init(count: Int, seed: UInt64? = nil) {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    unsafe base = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    unsafe base.initialize(repeating: 0, count: max(count, 1))
    guard let seed else { return }
    var random = RandomSource(seed: seed)
    for index in 0..<count { unsafe base[index] = random.uniform(in: -1..<1) }
  }

  deinit { unsafe UnsafeMutableRawPointer(base).deallocate() }
}
