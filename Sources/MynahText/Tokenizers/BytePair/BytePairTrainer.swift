/// Finds the merges of a text: the most frequent pair of neighbouring tokens becomes a token, again and again.
///
/// Counts are kept, not made anew: a merge visits only the pieces that have its pair. Of equally frequent pairs the one whose
/// tokens have the smaller numbers is first, as in Hugging Face's trainer.
///
/// Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", 2016.
struct BytePairTrainer {
  /// The tokens: special ones, the alphabet by code points, then what merges gave.
  private(set) var tokens = TokenTable()
  private(set) var merges: [(pair: TokenPair, result: Int32)] = []

  private struct Candidate: Comparable {
    let pair: TokenPair
    let count: Int

    /// What is merged first is the smallest.
    static func < (a: Candidate, b: Candidate) -> Bool { a.count != b.count ? a.count > b.count : a.pair < b.pair }
  }

  /// The different pieces of the text, each as tokens, and how often each occurs.
  private var pieces: [[Int32]] = []
  private var pieceCounts: [Int] = []
  private var pairCounts: [TokenPair: Int] = [:]
  /// The pieces that have had a pair.
  private var places: [TokenPair: [Int32]] = [:]
  private var queue = Heap<Candidate>()

  /// - Parameter counts: How often each piece of the text occurs.
  init(_ counts: TokenCounts, specialTokens: [String]) {
    let alphabet = ByteAlphabet.characters.sorted().map { String($0) }
    for token in specialTokens + alphabet { _ = insert(Array(token.utf8)) }
    let ids = ByteAlphabet.characters.map { insert(Array(String($0).utf8)) }
    for (piece, count) in counts.entries {
      pieces.append(piece.map { ids[Int($0)] })
      pieceCounts.append(count)
    }
    var changed: Set<TokenPair> = []
    for (number, piece) in pieces.enumerated() {
      for (left, right) in zip(piece, piece.dropFirst()) { count(TokenPair(left, right), in: number, &changed) }
    }
    enqueue(changed)
  }

  /// Merges until there are as many tokens as wanted or no pair is frequent enough.
  mutating func train(vocabularySize: Int, minimumCount: Int) {
    var known: Set<TokenPair> = []
    while tokens.count < vocabularySize, let candidate = queue.pop() {
      let count = pairCounts[candidate.pair] ?? 0
      guard count == candidate.count else {
        if count > 0 { queue.push(Candidate(pair: candidate.pair, count: count)) }
        continue
      }
      guard count >= max(minimumCount, 1) else { return }
      let pair = candidate.pair
      let token = insert(Array(tokens[pair.left]) + Array(tokens[pair.right]))
      if known.insert(pair).inserted { merges.append((pair, token)) }
      merge(pair, to: token)
    }
  }

  private mutating func insert(_ token: [UInt8]) -> Int32 { tokens.insert(token, token.indices) }

  private mutating func merge(_ pair: TokenPair, to token: Int32) {
    var changed: Set<TokenPair> = []
    for number in places.removeValue(forKey: pair) ?? [] { merge(pair, to: token, in: Int(number), &changed) }
    pairCounts[pair] = nil
    changed.remove(pair)
    enqueue(changed)
  }

  private mutating func merge(_ pair: TokenPair, to token: Int32, in number: Int, _ changed: inout Set<TokenPair>) {
    let piece = pieces[number]
    var (merged, index): ([Int32], Int) = ([], 0)
    merged.reserveCapacity(piece.count)
    while index < piece.count {
      guard index + 1 < piece.count, piece[index] == pair.left, piece[index + 1] == pair.right else {
        merged.append(piece[index])
        index += 1
        continue
      }
      if let before = merged.last {
        pairCounts[TokenPair(before, pair.left), default: 0] -= pieceCounts[number]
        count(TokenPair(before, token), in: number, &changed)
      }
      if index + 2 < piece.count {
        pairCounts[TokenPair(pair.right, piece[index + 2]), default: 0] -= pieceCounts[number]
        count(TokenPair(token, piece[index + 2]), in: number, &changed)
      }
      merged.append(token)
      index += 2
    }
    pieces[number] = merged
  }

  /// Counts a pair that a piece has got.
  private mutating func count(_ pair: TokenPair, in number: Int, _ changed: inout Set<TokenPair>) {
    pairCounts[pair, default: 0] += pieceCounts[number]
    if places[pair]?.last != Int32(number) { places[pair, default: []].append(Int32(number)) }
    changed.insert(pair)
  }

  private mutating func enqueue(_ pairs: Set<TokenPair>) {
    for pair in pairs {
      if let count = pairCounts[pair], count > 0 { queue.push(Candidate(pair: pair, count: count)) }
    }
  }
}
