// Arithmetic with broadcasting. A gradient is summed over the axes along which its operand was broadcast.

extension Variable {
  public static func + (left: Variable, right: Variable) -> Variable {
    let (a, b) = (left.shape, right.shape)
    return recorded(left.value + right.value, (left, { $0.summed(to: a) }), (right, { $0.summed(to: b) }))
  }

  public static func - (left: Variable, right: Variable) -> Variable {
    let (a, b) = (left.shape, right.shape)
    return recorded(left.value - right.value, (left, { $0.summed(to: a) }), (right, { (-$0).summed(to: b) }))
  }

  public static func * (left: Variable, right: Variable) -> Variable {
    let (x, y) = (left.value, right.value)
    let (a, b) = (x.shape, y.shape)
    return recorded(x * y, (left, { ($0 * y).summed(to: a) }), (right, { ($0 * x).summed(to: b) }))
  }

  public static func / (left: Variable, right: Variable) -> Variable {
    let (y, quotient) = (right.value, left.value / right.value)
    let (a, b) = (left.shape, right.shape)
    return recorded(
      quotient, (left, { ($0 / y).summed(to: a) }), (right, { (-$0 * quotient / y).summed(to: b) }))
  }

  public static prefix func - (x: Variable) -> Variable { recorded(-x.value, (x, { -$0 })) }

  public static func + (x: Variable, number: Float) -> Variable { recorded(x.value + number, (x, { $0 })) }
  public static func - (x: Variable, number: Float) -> Variable { x + -number }
  public static func * (x: Variable, number: Float) -> Variable { recorded(x.value * number, (x, { $0 * number })) }
  public static func / (x: Variable, number: Float) -> Variable { recorded(x.value / number, (x, { $0 / number })) }
  public static func + (number: Float, x: Variable) -> Variable { x + number }
  public static func - (number: Float, x: Variable) -> Variable { -x + number }
  public static func * (number: Float, x: Variable) -> Variable { x * number }
  public static func / (number: Float, x: Variable) -> Variable { Variable(number) / x }
}
