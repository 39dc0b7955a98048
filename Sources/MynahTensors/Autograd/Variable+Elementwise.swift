// Functions of one element at a time; most slopes are written with the result, which is at hand.

extension Variable {
  /// e to the power of every element: (eˣ)′ = eˣ.
  public func exp() -> Variable {
    let y = value.exp()
    return .recorded(y, (self, { $0 * y }))
  }

  /// Every element's hyperbolic tangent: tanh′ = 1 − tanh².
  public func tanh() -> Variable {
    let y = value.tanh()
    return .recorded(y, (self, { $0.combined(with: y) { $0 * (1 - $1 * $1) } }))
  }

  /// Every element's logistic function: σ′ = σ·(1 − σ).
  public func sigmoid() -> Variable {
    let y = value.sigmoid()
    return .recorded(y, (self, { $0.combined(with: y) { $0 * $1 * (1 - $1) } }))
  }

  /// Every element's natural logarithm: log′ x = 1 / x.
  public func log() -> Variable {
    let x = value
    return .recorded(x.log(), (self, { $0 / x }))
  }

  /// Every element's square root: √′x = 1 / (2·√x).
  public func squareRoot() -> Variable {
    let y = value.squareRoot()
    return .recorded(y, (self, { $0.combined(with: y) { $0 / (2 * $1) } }))
  }

  /// The rectifier max(x, 0), with slope 0 at 0.
  public func relu() -> Variable {
    let y = value.relu()
    return .recorded(y, (self, { $0.combined(with: y) { $1 > 0 ? $0 : 0 } }))
  }
}
