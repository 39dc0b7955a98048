import MynahIO
import MynahText

/// A predictor whose tokens are renumbered to match a vocabulary with the same tokens in another order.
public struct RenumberedPredictor: Predictor {
  private var base: any Predictor
  /// The base's ID of each token.
  private let baseIDs: [Int32]

  /// Renumbers the tokens of a predictor.
  ///
  /// - Parameters:
  ///   - base: The predictor.
  ///   - ids: The base's ID of each token, indexed by the token's new ID.
  /// - Precondition: the ids are a permutation of 0 ..< V.
  public init(_ base: any Predictor, ids: [Int32]) {
    require(
      ids.sorted() == Array(0..<Int32(base.vocabularySize)),
      "\(ids.count) ids are not a permutation of a vocabulary of \(base.vocabularySize)")
    (self.base, baseIDs) = (base, ids)
  }

  public var vocabularySize: Int { baseIDs.count }

  public var scoringLength: Int { base.scoringLength }

  public mutating func read(_ ids: [Int32]) throws {
    try check(ids)
    try base.read(ids.map { baseIDs[Int($0)] })
  }

  public mutating func logProbabilities() throws -> [Double] {
    let all = try base.logProbabilities()
    return baseIDs.map { all[Int($0)] }
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try check(ids)
    return try base.score(ids.map { baseIDs[Int($0)] })
  }
}
