// Softmax and its logarithm.

extension Variable {
  /// Returns the softmax along an axis: dx = p·(dp − Σ p·dp).
  public func softmax(axis: Int = -1) -> Variable {
    let p = value.softmax(axis: axis)
    return .recorded(p, (self, { p * ($0 - ($0 * p).sum(axes: [axis], keepingAxes: true)) }))
  }

  /// Returns the logarithm of `softmax`: dx = dy − softmax(x)·Σ dy.
  public func logSoftmax(axis: Int = -1) -> Variable {
    let y = value.logSoftmax(axis: axis)
    return .recorded(y, (self, { $0 - y.exp() * $0.sum(axes: [axis], keepingAxes: true) }))
  }
}
