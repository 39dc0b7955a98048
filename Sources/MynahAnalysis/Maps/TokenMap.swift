import MynahIO
public import MynahModels
import MynahTensors
public import MynahText

/// Tokens with places in the plane.
public struct TokenMap: Hashable, Sendable {
  /// One of them.
  public struct Token: Hashable, Sendable {
    /// The token's number in the vocabulary.
    public let id: Int32
    /// The token.
    public let text: String
    /// Its place.
    public let x, y: Double
  }

  /// The tokens, those first whose labels are to be seen first.
  public let tokens: [Token]
  /// How the map was made, in words.
  public let caption: String

  /// Creates a map.
  ///
  /// - Precondition: the points lie in the plane, one a token.
  public init(_ ids: [Int32], of vocabulary: Vocabulary, at points: PointSet, caption: String) {
    precondition(
      points.width == 2 && points.count == ids.count,
      "\(ids.count) tokens do not fit \(points.count) points of \(points.width) coordinates")
    tokens = ids.enumerated().map { index, id in
      Token(id: id, text: vocabulary[id], x: points.coordinates[2 * index], y: points.coordinates[2 * index + 1])
    }
    self.caption = caption
  }

  /// A table: a line a token with tabs between token, x and y, below a line that says so.
  ///
  /// In tokens a backslash stands before `t`, `n`, `r` for a tab and line ends, and before a backslash.
  public var table: String {
    "token\tx\ty\n" + tokens.map { "\($0.text.tableCell)\t\($0.x)\t\($0.y)\n" }.joined()
  }
}

extension PointSet {
  /// The vectors of some tokens.
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
