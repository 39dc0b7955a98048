import Foundation

/// A prediction of a SyntaxGym suite about the surprisals of an item's regions.
///
/// `((6;%match%) < (6;%mismatch%)) & ((*;%match%) - (*;%mismatch%) < 2)` compares region 6 of two conditions, and the
/// sums of all their regions. The operators, from the tightest: `+` and `-`; `<`, `>` and `=`; `&`; `|`. Those of one
/// level are applied from left to right, and comparisons cannot be chained. Numbers are in bits.
///
/// `=` holds if |a − b| ≤ 0.001 + 0.00001 · |b|, as in SyntaxGym's own program, in which surprisals are rounded too.
public struct SyntaxGymFormula: Hashable, Sendable, CustomStringConvertible {
  /// A region of a condition.
  public struct Region: Hashable, Sendable {
    /// The number of the region; nil for all regions.
    public let number: Int?
    /// The name of the condition.
    public let condition: String
  }

  /// A violation of the grammar.
  public struct Defect: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number of the offending character; 1 is the first.
    public let position: Int
    public let expected: String
    public let found: String

    public var description: String {
      "expected \(expected) at character \(position) of the formula, found \(found); correct the formula"
    }
  }

  /// The formula as it is written.
  public let description: String
  /// The regions that the formula refers to, in order.
  public let regions: [Region]
  private let root: Condition

  /// Parses a formula.
  ///
  /// - Throws: `Defect`.
  public init(_ text: String) throws(Defect) {
    var parser = SyntaxGymParser(text)
    (description, root) = (text, try parser.formula())
    regions = parser.regions
  }

  /// Returns a Boolean value indicating whether the prediction holds.
  ///
  /// - Parameter surprisal: Returns the surprisal of a region in bits.
  public func holds(_ surprisal: (Region) -> Double) -> Bool { root.holds(surprisal) }

  /// An expression that is true or false.
  indirect enum Condition: Hashable, Sendable {
    case less(Quantity, Quantity)
    case equal(Quantity, Quantity)
    case all([Condition])
    case any([Condition])

    func holds(_ surprisal: (Region) -> Double) -> Bool {
      switch self {
      case .less(let left, let right): left.value(surprisal) < right.value(surprisal)
      case .equal(let left, let right):
        abs(left.value(surprisal) - right.value(surprisal)) <= 1e-3 + 1e-5 * abs(right.value(surprisal))
      case .all(let parts): parts.allSatisfy { $0.holds(surprisal) }
      case .any(let parts): parts.contains { $0.holds(surprisal) }
      }
    }
  }

  /// An expression that is a number.
  indirect enum Quantity: Hashable, Sendable {
    case number(Double)
    case region(Region)
    /// A sum of terms with signs.
    case sum([Term])

    struct Term: Hashable, Sendable {
      let sign: Double
      let quantity: Quantity
    }

    func value(_ surprisal: (Region) -> Double) -> Double {
      switch self {
      case .number(let value): value
      case .region(let region): surprisal(region)
      case .sum(let terms): terms.reduce(0) { $0 + $1.sign * $1.quantity.value(surprisal) }
      }
    }
  }
}
