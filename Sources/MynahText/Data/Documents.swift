/// The documents of a text, one after another: each ends with a certain token, as lines do with `<eos>`.
///
/// A document is read on its own, as if only the end of another one stood before it: the end token, its tokens, the end
/// token. So all of its tokens are predicted, the first of them from the end token alone.
public struct Documents: Sequence, Sendable {
  private let tokens: any TokenSource
  private let endID: Int32

  /// Names the documents; what stands behind the last end token is one too.
  public init(_ tokens: any TokenSource, endingWith endID: Int32) {
    self.tokens = tokens
    self.endID = endID
  }

  public func makeIterator() -> Iterator { Iterator(tokens: tokens, endID: endID) }

  /// Reads the documents.
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
  /// Cuts documents side by side into batches of at most T steps: the first begins with the zero state, the others carry
  /// the state of the one before.
  ///
  /// There are as many batches as the longest document needs. A row whose document has ended is padding from there on.
  ///
  /// - Parameters:
  ///   - documents: The tokens of each; all but the first are predicted.
  ///   - stepCount: T, at least 1.
  ///   - paddingID: What stands where a document has ended.
  public static func segments(of documents: [[Int32]], stepCount: Int, paddingID: Int32 = 0) -> [Batch] {
    precondition(stepCount > 0, "a batch has at least 1 step, found \(stepCount)")
    let longest = documents.map { $0.count - 1 }.max() ?? 0
    return stride(from: 0, to: longest, by: stepCount).map { start in
      let width = min(stepCount, longest - start)
      func rows(_ start: Int) -> [ArraySlice<Int32>] { documents.map { $0.dropFirst(start).prefix(width) } }
      // The last token of a document is no input.
      let targets = rows(start + 1)
      let inputs = zip(rows(start), targets).map { $0.prefix($1.count) }
      return Batch(
        rows: inputs, targets: targets, stepCount: width, paddingID: paddingID, carriesState: start > 0)
    }
  }
}
