/// A trainer that learns byte-pair merges: the most frequent pair of adjacent tokens becomes a token, repeatedly.
///
/// Counts are updated incrementally: a merge visits only the pieces that contain its pair. Ties are broken by the
/// smaller token IDs, as in Hugging Face's trainer.
///
/// Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", 2016.
struct BytePairTrainer {
  /// The tokens: special ones, the alphabet by code points, then the results of merges.
  private(set) var tokens = TokenTable()
  private(set) var merges: [(pair: TokenPair, result: Int32)] = []

  private struct Candidate: Comparable {
    let pair: TokenPair
    let count: Int

    /// Orders candidates by priority: the pair to merge first is the smallest.
    static func < (a: Candidate, b: Candidate) -> Bool { a.count != b.count ? a.count > b.count : a.pair < b.pair }
  }

  /// The distinct pieces of the text, each as tokens, and their counts.
  private var pieces: [[Int32]] = []
  private var pieceCounts: [Int] = []
  private var pairCounts: [TokenPair: Int] = [:]
  /// The pieces that contain or once contained each pair.
  private var places: [TokenPair: [Int32]] = [:]
  private var queue = Heap<Candidate>()

  /// - Parameter counts: The number of occurrences of each piece of the text.
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

  /// Merges pairs until the vocabulary has the given size or no pair is frequent enough.
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

  /// Counts a new pair in a piece.
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
