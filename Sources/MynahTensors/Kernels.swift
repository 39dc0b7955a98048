import Foundation

/// The door to the kernels: the one file of this module that reaches them, with buffers for pointers and counts.
package enum Kernels {
  typealias Source = UnsafeBufferPointer<Float>
  typealias Target = UnsafeMutableBufferPointer<Float>

  static func exp(_ y: Target, _ x: Source) { for i in x.indices { unsafe y[i] = unsafe Foundation.exp(x[i]) } }
  static func tanh(_ y: Target, _ x: Source) { for i in x.indices { unsafe y[i] = unsafe Foundation.tanh(x[i]) } }
  static func sigmoid(_ y: Target, _ x: Source) {
    for i in x.indices { unsafe y[i] = unsafe 1 / (1 + Foundation.exp(-x[i])) }
  }
  static func sum(_ x: Source) -> Double { unsafe x.reduce(0) { $0 + Double($1) } }
  static func sumOfSquares(_ x: Source) -> Double { unsafe x.reduce(0) { $0 + Double($1) * Double($1) } }
  static func axpy(_ y: Target, _ x: Source, _ a: Float) {
    for i in x.indices { unsafe y[i] += unsafe a * x[i] }
  }
  static func gemm(
    _ c: Target, _ a: Source, _ b: Source, rowCount: Int, columnCount: Int, innerCount: Int, transposingA: Bool,
    transposingB: Bool
  ) {
    for i in 0..<rowCount {
      for j in 0..<columnCount {
        var sum: Double = 0
        for k in 0..<innerCount {
          let x = unsafe transposingA ? a[k * rowCount + i] : a[i * innerCount + k]
          let y = unsafe transposingB ? b[j * innerCount + k] : b[k * columnCount + j]
          sum += Double(x) * Double(y)
        }
        unsafe c[i * columnCount + j] = Float(sum)
      }
    }
  }
}
