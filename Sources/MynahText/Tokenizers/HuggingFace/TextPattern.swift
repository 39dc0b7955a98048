/// A pattern to search for in a text: a literal string or a regular expression.
struct TextPattern: Sendable {
  indirect enum Node: Sendable {
    case one(ScalarClass)
    case sequence([Node])
    case choice([Node])
    /// From `least` to `most` repetitions of a node; more than one only if the node is a single character.
    case repeated(Node, least: Int, most: Int, mode: Repetition)
    case ahead(Node, isNegated: Bool)
    case lineStart, lineEnd
  }

  enum Repetition: Sendable { case greedy, lazy, possessive }

  private let root: Node

  init(_ root: Node) { self.root = root }

  /// Creates a pattern that matches a string literally.
  init(literal: String) { root = .sequence(literal.unicodeScalars.map { .one(.scalar($0)) }) }

  /// Returns the matches from left to right; each starts where the previous one ends or later.
  func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
    var (found, start): ([Range<Int>], Int) = ([], 0)
    while start < text.count {
      if let end = Self.match(root, text, start, { $0 }), end > start {
        found.append(start..<end)
        start = end
      } else {
        start += 1
      }
    }
    return found
  }

  /// The length of the shortest text that the pattern can match.
  var minimumLength: Int { Self.minimumLength(root) }

  private static func minimumLength(_ node: Node) -> Int {
    switch node {
    case .one: 1
    case .sequence(let parts): parts.reduce(0) { $0 + minimumLength($1) }
    case .choice(let parts): parts.map(minimumLength).min() ?? 0
    case .repeated(let part, let least, _, _): least * minimumLength(part)
    case .ahead, .lineStart, .lineEnd: 0
    }
  }

  private typealias Text = [Unicode.Scalar]

  /// Matches a node at an offset and returns the end of the whole match; `next` matches the rest of the pattern, given
  /// the end of the node.
  private static func match(_ node: Node, _ text: Text, _ start: Int, _ next: (Int) -> Int?) -> Int? {
    switch node {
    case .one(let set): return start < text.count && set.contains(text[start]) ? next(start + 1) : nil
    case .sequence(let parts): return match(parts[...], text, start, next)
    case .choice(let parts):
      for part in parts {
        if let end = match(part, text, start, next) { return end }
      }
      return nil
    case .repeated(.one(let set), let least, let most, let mode):
      return repeated(set, least, most, mode, text, start, next)
    case .repeated(let part, let least, _, let mode):
      // The parser permits at most one repetition of such a node.
      guard least == 0 else { return match(part, text, start, next) }
      if mode == .lazy { return next(start) ?? match(part, text, start, next) }
      if mode == .possessive { return next(match(part, text, start) { $0 } ?? start) }
      return match(part, text, start, next) ?? next(start)
    case .ahead(let part, let isNegated):
      return (match(part, text, start) { $0 } == nil) == isNegated ? next(start) : nil
    case .lineStart: return start == 0 || text[start - 1] == "\n" ? next(start) : nil
    case .lineEnd: return start == text.count || text[start] == "\n" ? next(start) : nil
    }
  }

  private static func match(_ parts: ArraySlice<Node>, _ text: Text, _ start: Int, _ next: (Int) -> Int?) -> Int? {
    guard let first = parts.first else { return next(start) }
    return match(first, text, start) { match(parts.dropFirst(), text, $0, next) }
  }

  private static func repeated(
    _ set: ScalarClass, _ least: Int, _ most: Int, _ mode: Repetition, _ text: Text, _ start: Int,
    _ next: (Int) -> Int?
  ) -> Int? {
    let limit = min(most, text.count - start)
    guard limit >= least else { return nil }
    var count = 0
    let wanted = mode == .lazy ? least : limit
    while count < wanted, set.contains(text[start + count]) { count += 1 }
    guard count >= least else { return nil }
    switch mode {
    case .possessive: return next(start + count)
    case .greedy:
      while true {
        if let end = next(start + count) { return end }
        guard count > least else { return nil }
        count -= 1
      }
    case .lazy:
      while true {
        if let end = next(start + count) { return end }
        guard count < limit, set.contains(text[start + count]) else { return nil }
        count += 1
      }
    }
  }
}
