import MynahIO

/// The documents of a text, each terminated by a given token, as lines are by `<eos>`.
///
/// Each document is independent of the others, but is preceded by an end token, as if it followed another document: the
/// end token, its tokens, the end token. All of its tokens are therefore predicted, the first one from the end token
/// alone.
public struct Documents: Sequence, Sendable {
  private let tokens: any TokenSource
  private let endID: Int32

  /// Creates the documents; tokens after the last end token form another document.
  public init(_ tokens: any TokenSource, endingWith endID: Int32) {
    self.tokens = tokens
    self.endID = endID
  }

  public func makeIterator() -> Iterator { Iterator(tokens: tokens, endID: endID) }

  /// An iterator over the documents.
  public struct Iterator: IteratorProtocol {
    fileprivate let tokens: any TokenSource
    fileprivate let endID: Int32
    private var stretch: ArraySlice<Int32> = []
    private var position = 0

    fileprivate init(tokens: any TokenSource, endID: Int32) { (self.tokens, self.endID) = (tokens, endID) }

    public mutating func next() -> [Int32]? {
      var document = [endID]
      while true {
        if stretch.isEmpty {
          guard position < tokens.count else { return document.count > 1 ? document : nil }
          let end = Swift.min(position + 1 << 14, tokens.count)
          stretch = tokens.ids(in: position..<end)[...]
          position = end
        }
        if let end = stretch.firstIndex(of: endID) {
          document += stretch[...end]
          stretch = stretch[(end + 1)...]
          return document
        }
        document += stretch
        stretch = []
      }
    }
  }
}

extension Batch {
  /// Cuts documents, one per row, into batches of at most T steps; the first batch starts from the zero state, the
  /// others carry the state of the previous one.
  ///
  /// There are as many batches as the longest document needs. After its end, a document's row is padded.
  ///
  /// - Parameters:
  ///   - documents: The tokens of each document; all but the first are predicted.
  ///   - stepCount: The maximum sequence length T, at least 1.
  ///   - paddingID: The token to pad with.
  public static func segments(of documents: [[Int32]], stepCount: Int, paddingID: Int32 = 0) -> [Batch] {
    require(stepCount > 0, "a batch must have at least 1 step, got \(stepCount)")
    let longest = documents.map { $0.count - 1 }.max() ?? 0
    return stride(from: 0, to: longest, by: stepCount).map { start in
      let width = min(stepCount, longest - start)
      func rows(_ start: Int) -> [ArraySlice<Int32>] { documents.map { $0.dropFirst(start).prefix(width) } }
      // The last token of a document is never an input.
      let targets = rows(start + 1)
      let inputs = zip(rows(start), targets).map { $0.prefix($1.count) }
      return Batch(
        rows: inputs, targets: targets, stepCount: width, paddingID: paddingID, carriesState: start > 0)
    }
  }
}
