/// The merges of a byte-pair tokenizer, in order of priority.
struct BytePairMerges: Sendable, Hashable {
  private struct Rule: Sendable, Hashable {
    let rank: Int32
    let result: Int32
  }

  private let rules: [TokenPair: Rule]

  /// - Parameter merges: The pairs to merge, in order of priority, each with the resulting token.
  init(_ merges: some Sequence<(pair: TokenPair, result: Int32)>) {
    var rules: [TokenPair: Rule] = [:]
    for (rank, merge) in merges.enumerated() { rules[merge.pair] = Rule(rank: Int32(rank), result: merge.result) }
    self.rules = rules
  }

  private struct Candidate: Comparable {
    let rank: Int32
    let place: Int

    static func < (a: Candidate, b: Candidate) -> Bool { (a.rank, a.place) < (b.rank, b.place) }
  }

  /// Returns the tokens of a piece after all merges: the merge of highest priority is applied repeatedly, leftmost
  /// first.
  func merged(_ piece: [Int32]) -> [Int32] {
    guard piece.count > 1 else { return piece }
    // A linked list: merging two tokens removes the right one.
    var tokens = piece
    var next = Array(1...piece.count)
    var previous = Array(-1..<(piece.count - 1))
    var queue = Heap<Candidate>()
    func push(_ place: Int) {
      guard place >= 0, next[place] < tokens.count else { return }
      guard let rule = rules[TokenPair(tokens[place], tokens[next[place]])] else { return }
      queue.push(Candidate(rank: rule.rank, place: place))
    }
    for place in 0..<(piece.count - 1) { push(place) }
    while let candidate = queue.pop() {
      let (left, right) = (candidate.place, next[candidate.place])
      guard tokens[left] >= 0, right < tokens.count, let rule = rules[TokenPair(tokens[left], tokens[right])],
        rule.rank == candidate.rank
      else { continue }
      tokens[left] = rule.result
      tokens[right] = -1
      next[left] = next[right]
      if next[right] < tokens.count { previous[next[right]] = left }
      push(previous[left])
      push(left)
    }
    return tokens.filter { $0 >= 0 }
  }
}
