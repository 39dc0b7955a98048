/// A tracker of text that is generated or typed piece by piece, which finds the positions at which the state is reset.
package struct WrittenText: Hashable, Sendable {
  private let policy: StatePolicy
  /// A Boolean value indicating whether the current line contains only white space so far.
  private var isBlank = true

  /// Starts a text.
  package init(_ policy: StatePolicy) { self.policy = policy }

  /// Appends a piece and returns a Boolean value indicating whether the state is reset after it.
  package mutating func append(_ piece: some StringProtocol) -> Bool {
    var isReset = false
    for scalar in piece.unicodeScalars {
      isReset = scalar == "\n" && policy.endsText(behind: isBlank ? "" : "x")
      isBlank = scalar == "\n" || isBlank && scalar.properties.isWhitespace
    }
    return isReset
  }

  /// Appends a piece and returns the part after the last position in it at which the state is reset, or all of it if
  /// there is none.
  package mutating func appendingTail(of piece: String) -> (text: Substring, isReset: Bool) {
    var start: String.Index?
    for index in piece.unicodeScalars.indices where append(String(piece.unicodeScalars[index])) {
      start = piece.unicodeScalars.index(after: index)
    }
    return (piece[(start ?? piece.startIndex)...], start != nil)
  }
}
