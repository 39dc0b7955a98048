/// A pair of adjacent tokens, ordered by the left one, then the right one.
struct TokenPair: Hashable, Comparable, Sendable {
  let left, right: Int32

  init(_ left: Int32, _ right: Int32) { (self.left, self.right) = (left, right) }

  static func < (a: TokenPair, b: TokenPair) -> Bool { (a.left, a.right) < (b.left, b.right) }
}
