import Foundation

// Functions of one element at a time.

extension Tensor {
  /// e to the power of every element.
  public func exp() -> Tensor { unsafe mapped(Kernels.exp) }
  /// Every element's hyperbolic tangent.
  public func tanh() -> Tensor { unsafe mapped(Kernels.tanh) }
  /// Every element's logistic function, σ(x) = 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { unsafe mapped(Kernels.sigmoid) }
  /// Every element's natural logarithm: −∞ of 0, NaN of a negative number.
  public func log() -> Tensor { map { Foundation.log($0) } }
  /// Every element's square root: NaN of a negative number.
  public func squareRoot() -> Tensor { map { $0.squareRoot() } }
  /// The rectifier: max(x, 0), NaN of NaN.
  public func relu() -> Tensor { map { $0 < 0 ? 0 : $0 } }

  private func mapped(
    _ kernel: (UnsafeMutableBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
  ) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape: shape) { unsafe kernel($0, source) }
    }
  }
}
