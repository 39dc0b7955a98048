public import MynahTensors

/// Returns the global norm √(Σ ‖g‖²) of all gradients, in double precision.
public func globalNorm(of gradients: [Gradient]) -> Double {
  Kernels.squaredSums(of: gradients).reduce(0, +).squareRoot()
}

/// Returns the factor that scales gradients of the given global norm to at most `clipNorm`: min(1, clip / norm).
///
/// R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", 2013.
public func clipFactor(norm: Double, clipNorm: Float?) -> Float {
  guard let clipNorm, norm > Double(clipNorm) else { return 1 }
  return Float(Double(clipNorm) / norm)
}

extension Gradient {
  /// Returns the gradient with each element clamped to ±`bound`.
  public func clamped(to bound: Float) -> Gradient {
    let clamp = { (tensor: Tensor) in tensor.map { min(max($0, -bound), bound) } }
    return switch self {
    case .dense(let tensor): .dense(clamp(tensor))
    case .rows(let rows): .rows(SparseRows(shape: rows.shape, rows: rows.rows, values: clamp(rows.values)))
    }
  }
}
