// Element-wise functions; most derivatives are computed from the result, which is already available.

extension Variable {
  /// Returns the exponential of each element: (eˣ)′ = eˣ.
  public func exp() -> Variable {
    let y = value.exp()
    return .recorded(y, (self, { $0 * y }))
  }

  /// Returns the hyperbolic tangent of each element: tanh′ = 1 − tanh².
  public func tanh() -> Variable {
    let y = value.tanh()
    return .recorded(y, (self, { $0.combined(with: y) { $0 * (1 - $1 * $1) } }))
  }

  /// Returns the logistic function of each element: σ′ = σ·(1 − σ).
  public func sigmoid() -> Variable {
    let y = value.sigmoid()
    return .recorded(y, (self, { $0.combined(with: y) { $0 * $1 * (1 - $1) } }))
  }

  /// Returns the natural logarithm of each element: log′ x = 1 / x.
  public func log() -> Variable {
    let x = value
    return .recorded(x.log(), (self, { $0 / x }))
  }

  /// Returns the square root of each element: √′x = 1 / (2·√x).
  public func squareRoot() -> Variable {
    let y = value.squareRoot()
    return .recorded(y, (self, { $0.combined(with: y) { $0 / (2 * $1) } }))
  }

  /// Returns the rectifier max(x, 0) of each element; its derivative at 0 is 0.
  public func relu() -> Variable {
    let y = value.relu()
    return .recorded(y, (self, { $0.combined(with: y) { $1 > 0 ? $0 : 0 } }))
  }
}
