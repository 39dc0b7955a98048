import MynahIO
public import MynahModels
import MynahTensors
public import MynahText

/// A map of tokens in the plane.
public struct TokenMap: Hashable, Sendable {
  /// A token of the map.
  public struct Token: Hashable, Sendable {
    /// The id of the token in the vocabulary.
    public let id: Int32
    /// The text of the token.
    public let text: String
    /// The coordinates of the token.
    public let x, y: Double
    /// The number of the token's cluster; nil if the tokens have no clusters.
    public let cluster: Int?
    /// The number of occurrences in a text; nil if the tokens were not counted.
    public let count: Int?
    /// A Boolean value indicating whether the token is emphasised.
    public let isHighlighted: Bool
  }

  /// The tokens, in order of decreasing label priority.
  public let tokens: [Token]
  /// A description of how the map was made.
  public let caption: String

  /// Creates a map.
  ///
  /// - Parameters:
  ///   - clusters: The cluster of each token, by which a page colours it.
  ///   - counts: The number of occurrences of each token.
  ///   - highlighted: The ids of tokens to emphasise.
  /// - Precondition: the points are two-dimensional; there is one point, and one element of each array, per token.
  public init(
    _ ids: [Int32], of vocabulary: Vocabulary, at points: PointSet, caption: String, clusters: [Int]? = nil,
    counts: [Int]? = nil, highlighted: Set<Int32> = []
  ) {
    require(
      (clusters?.count ?? ids.count) == ids.count && (counts?.count ?? ids.count) == ids.count,
      "expected \(ids.count) clusters and counts, got \(clusters?.count ?? 0) and \(counts?.count ?? 0)")
    require(
      points.width == 2 && points.count == ids.count,
      "\(ids.count) tokens do not fit \(points.count) points of \(points.width) coordinates")
    tokens = ids.enumerated().map { index, id in
      Token(
        id: id, text: vocabulary[id], x: points.coordinates[2 * index], y: points.coordinates[2 * index + 1],
        cluster: clusters?[index], count: counts?[index], isHighlighted: highlighted.contains(id))
    }
    self.caption = caption
  }

  /// The map as tab-separated values: a header line, then one line per token with the token, x and y.
  ///
  /// In tokens, tabs, line ends and backslashes are escaped as `\t`, `\n`, `\r` and `\\`.
  public var table: String {
    "token\tx\ty\n" + tokens.map { "\($0.text.tableCell)\t\($0.x)\t\($0.y)\n" }.joined()
  }
}

extension PointSet {
  /// Creates points from the embeddings of tokens.
  ///
  /// - Precondition: the ids are in the vocabulary.
  public init(_ ids: [Int32], of embedding: Embedding) {
    let weight = embedding.weight.value
    let width = weight.shape[1]
    let coordinates = weight.withSpan { span in
      ids.flatMap { id in (0..<width).map { Double(span[Int(id) * width + $0]) } }
    }
    self.init(count: ids.count, width: width, coordinates)
  }
}
