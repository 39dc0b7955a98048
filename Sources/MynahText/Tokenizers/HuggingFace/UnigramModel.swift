/// A unigram language model of subwords: the tokens of a piece are its most probable segmentation.
///
/// Source: T. Kudo, "Subword regularization", 2018; the search is that of SentencePiece's optimized Viterbi algorithm,
/// as in Hugging Face's library.
struct UnigramModel: Sendable {
  /// ln p of each token.
  let scores: [Double]
  let unknown: Int32?
  let hasByteFallback: Bool
  /// The length of the longest token in characters.
  let longest: Int
  /// The score of a character that is no token.
  let unknownScore: Double

  init(scores: [Double], longest: Int, unknown: Int32?, hasByteFallback: Bool) {
    (self.scores, self.longest, self.unknown) = (scores, longest, unknown)
    self.hasByteFallback = hasByteFallback
    unknownScore = (scores.min() ?? 0) - 10
  }

  private struct Node {
    var id: Int32 = 0
    var score = 0.0
    var start: Int?

    mutating func offer(_ id: Int32, _ score: Double, from start: Int) {
      guard self.start == nil || score > self.score else { return }
      (self.id, self.score, self.start) = (id, score, start)
    }
  }

  func encode(_ piece: [Unicode.Scalar], _ vocabulary: SubwordVocabulary) throws(TextError) -> SubwordTokens {
    var best = [Node](repeating: Node(), count: piece.count + 1)
    for start in piece.indices {
      var isKnown = false
      for end in start + 1...min(piece.count, start + max(longest, 1)) {
        guard let id = vocabulary[piece[start..<end]] else { continue }
        best[end].offer(id, scores[Int(id)] + best[start].score, from: start)
        if end == start + 1 { isKnown = true }
      }
      guard !isKnown else { continue }
      let id = try SubwordTokens.known(unknown, else: [piece[start]])
      best[start + 1].offer(id, unknownScore + best[start].score, from: start)
    }
    return try tokens(of: piece, best, vocabulary)
  }

  /// Follows the best path backwards; adjacent unknown characters are one token.
  private func tokens(
    of piece: [Unicode.Scalar], _ best: [Node], _ vocabulary: SubwordVocabulary
  ) throws(TextError) -> SubwordTokens {
    var (ranges, end): ([(range: Range<Int>, isUnknown: Bool)], Int) = ([], piece.count)
    while end > 0, let start = best[end].start {
      let isUnknown = best[end].id == unknown
      if isUnknown, let last = ranges.last, last.isUnknown {
        ranges[ranges.count - 1].range = start..<last.range.upperBound
      } else {
        ranges.append((start..<end, isUnknown))
      }
      end = start
    }
    var tokens = SubwordTokens(ids: [])
    for (range, _) in ranges.reversed() {
      if let id = vocabulary[piece[range]] {
        tokens.ids.append(id)
      } else if hasByteFallback,
        let ids = vocabulary.bytes(of: String(String.UnicodeScalarView(piece[range])))
      {
        tokens.ids += ids
      } else {
        tokens.ids.append(try SubwordTokens.known(unknown, else: Array(piece[range])))
        tokens.unknownCount += 1
      }
    }
    return tokens
  }
}
