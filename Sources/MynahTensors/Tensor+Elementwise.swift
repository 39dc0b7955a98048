import Foundation

// Element-wise functions.

extension Tensor {
  /// Returns the exponential of each element.
  public func exp() -> Tensor { unsafe mapped(Kernels.exp) }
  /// Returns the hyperbolic tangent of each element.
  public func tanh() -> Tensor { unsafe mapped(Kernels.tanh) }
  /// Returns the logistic function of each element, σ(x) = 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { unsafe mapped(Kernels.sigmoid) }
  /// Returns the natural logarithm of each element: −∞ of 0, NaN of a negative number.
  public func log() -> Tensor { map { Foundation.log($0) } }
  /// Returns the square root of each element: NaN of a negative number.
  public func squareRoot() -> Tensor { map { $0.squareRoot() } }
  /// Returns the rectifier max(x, 0) of each element; NaN stays NaN.
  public func relu() -> Tensor { map { $0 < 0 ? 0 : $0 } }

  private func mapped(
    _ kernel: (UnsafeMutableBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
  ) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape: shape) { unsafe kernel($0, source) }
    }
  }
}
