import MynahIO

/// The gradient of a scalar with respect to a tensor: a tensor of the same shape, or some of its rows.
public enum Gradient: Sendable, Equatable {
  case dense(Tensor)
  /// The gradient of a table of which only these rows were read.
  case rows(SparseRows)

  /// Returns a gradient of zeros; for a matrix, it has no stored rows.
  public static func zero(_ shape: Shape) -> Gradient {
    guard shape.rank == 2 else { return .dense(.zeros(shape)) }
    return .rows(SparseRows(shape: shape, rows: [], values: .zeros([0, shape[1]])))
  }

  /// The shape of the tensor to which the gradient belongs.
  public var shape: Shape {
    switch self {
    case .dense(let tensor): tensor.shape
    case .rows(let rows): rows.shape
    }
  }

  /// The gradient as a dense tensor; missing rows are zeros.
  public var dense: Tensor {
    switch self {
    case .dense(let tensor): tensor
    case .rows(let rows): rows.dense
    }
  }

  /// The sum of the elements' squares in double precision.
  public var sumOfSquares: Double {
    switch self {
    case .dense(let tensor): tensor.sumOfSquares
    case .rows(let rows): rows.values.sumOfSquares
    }
  }

  /// Returns the gradient multiplied by a scalar.
  public func scaled(by factor: Float) -> Gradient {
    switch self {
    case .dense(let tensor): .dense(tensor * factor)
    case .rows(let rows): .rows(rows.scaled(by: factor))
    }
  }

  /// Adds another gradient of the same shape; in place if this gradient is dense and its tensor is not shared.
  public mutating func add(_ other: Gradient) {
    require(shape == other.shape, "cannot add gradients of shapes \(shape) and \(other.shape)")
    switch self {
    case .rows(let own):
      switch other {
      case .rows(let rows): self = .rows(own + rows)
      case .dense(var tensor):
        own.add(to: &tensor)
        self = .dense(tensor)
      }
    case .dense(var tensor):
      self = Self.nothing  // Gives up this reference, so that the tensor has no other and need not be copied.
      switch other {
      case .dense(let other): tensor.add(other)
      case .rows(let rows): rows.add(to: &tensor)
      }
      self = .dense(tensor)
    }
  }

  /// Returns the sum of two gradients of the same shape, in the memory of one of them if it is dense and not shared.
  package static func sum(_ left: consuming Gradient, _ right: consuming Gradient) -> Gradient {
    // The operands of a sum of two numbers can be exchanged without changing its bits.
    if !left.isUnique && right.isUnique { swap(&left, &right) }
    left.add(right)
    return left
  }

  /// A Boolean value indicating whether the gradient is dense and its tensor is not shared.
  private var isUnique: Bool {
    mutating get {
      guard case .dense(var tensor) = self else { return false }
      self = Self.nothing
      defer { self = .dense(tensor) }
      return tensor.isUnique
    }
  }

  private static let nothing = Gradient.dense(.zeros([0]))
}
