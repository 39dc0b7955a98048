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
  }

  /// The tokens, in order of decreasing label priority.
  public let tokens: [Token]
  /// A description of how the map was made.
  public let caption: String

  /// Creates a map.
  ///
  /// - Precondition: the points are two-dimensional, one per token.
  public init(_ ids: [Int32], of vocabulary: Vocabulary, at points: PointSet, caption: String) {
    precondition(
      points.width == 2 && points.count == ids.count,
      "\(ids.count) tokens do not fit \(points.count) points of \(points.width) coordinates")
    tokens = ids.enumerated().map { index, id in
      Token(id: id, text: vocabulary[id], x: points.coordinates[2 * index], y: points.coordinates[2 * index + 1])
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
