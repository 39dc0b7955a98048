// The matrix product.

extension Variable {
  /// Returns the matrix product C = A·B, where A is this matrix: dA = dC·Bᵀ, dB = Aᵀ·dC (and their transposes).
  public func matmul(_ other: Variable, transposingSelf: Bool = false, transposingOther: Bool = false) -> Variable {
    let (a, b) = (value, other.value)
    return .recorded(
      a.matmul(b, transposingSelf: transposingSelf, transposingOther: transposingOther),
      (
        self,
        { gradient in
          transposingSelf
            ? b.matmul(gradient, transposingSelf: transposingOther, transposingOther: true)
            : gradient.matmul(b, transposingOther: !transposingOther)
        }
      ),
      (
        other,
        { gradient in
          transposingOther
            ? gradient.matmul(a, transposingSelf: true, transposingOther: transposingSelf)
            : a.matmul(gradient, transposingSelf: !transposingSelf)
        }
      ))
  }
}
