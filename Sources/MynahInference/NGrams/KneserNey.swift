import Foundation
import MynahIO
public import MynahText

extension NGramModel {
  /// Counts the n-grams of a text's lines and smooths them by interpolated modified Kneser–Ney.
  ///
  ///     p(w | h) = (a(hw) − D(a(hw))) / Σᵥ a(hv) + γ(h) p(w | h′)
  ///
  /// For the longest n-grams and those that begin a sentence, a is the count; for all others, it is the number of
  /// distinct words that precede the n-gram. h′ is h without its first word. D₁, D₂ and D₃₊ are estimated from the
  /// numbers of n-grams of a length with counts 1 to 4. γ(h) is the probability mass that the discounts free. Single
  /// words are interpolated with 1 / V.
  ///
  /// S. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling", 1998; K. Heafield et al.,
  /// "Scalable modified Kneser-Ney language model estimation", 2013, section 3.
  ///
  /// - Parameters:
  ///   - ids: The tokens of the text; each line end is the end of a sentence. `<unk>` counts like any other word.
  ///   - tokenizer: The tokenizer of the text; its tokens are words and line ends.
  ///   - order: n, 1 to 16.
  ///   - fallback: The discounts for lengths whose discounts cannot be estimated, because the text is short or has few
  ///     distinct words; if nil, such a text is an error. `smoothing` lists these lengths.
  ///   - report: Called periodically with the progress; an error that it throws ends the counting.
  /// - Throws: Any error of `report`; `InferenceError.noSentences` if the tokens are of another kind, `nothingToCount`
  ///   if there are no tokens, `tooFewNGrams` if discounts cannot be estimated, `sentenceMark` if `<s>` or `</s>` is in
  ///   the vocabulary, `noSuchToken` if an id is not in it.
  public init(
    counting ids: [Int32], tokenizer: AnyTokenizer, order: Int, fallback: NGramDiscounts? = nil,
    report: (NGramProgress) throws -> Void = { _ in }
  ) throws {
    require((1...16).contains(order), "an order must be in 1 ... 16, got \(order)")
    guard case .word = tokenizer, let end = tokenizer.endOfSentenceID else { throw InferenceError.noSentences }
    guard !ids.isEmpty else { throw InferenceError.nothingToCount }
    try InferenceError.check(ids, vocabularySize: tokenizer.vocabulary.count)
    for mark in SentenceMarks.all where tokenizer.vocabulary.id(of: mark).map({ $0 != end }) ?? false {
      throw InferenceError.sentenceMark(mark)
    }
    var names = tokenizer.vocabulary.tokens
    names[Int(end)] = Self.sentenceEnd
    names += tokenizer.vocabulary.unknownID == nil ? [Self.sentenceStart, Vocabulary.unknown] : [Self.sentenceStart]
    if let unknown = tokenizer.vocabulary.unknownID { names[Int(unknown)] = Vocabulary.unknown }
    self.init(order: order, vocabulary: try Vocabulary(tokens: names))
    let start = Int32(tokenizer.vocabulary.count)
    let counts = try AdjustedCounts(ids, order: order, table: &table, start: start, end: end) {
      try report(NGramProgress(stage: .counting, share: $0))
    }
    let smoothing = try NGramSmoothing((1...order).map(counts.countsOfCounts), fallback: fallback)
    try smooth(counts, discounts: smoothing.discounts, start: start) {
      try report(NGramProgress(stage: .smoothing, share: $0))
    }
    self.smoothing = smoothing
  }

  /// Turns counts into probabilities and back-off weights, shorter n-grams first.
  private mutating func smooth(
    _ counts: AdjustedCounts, discounts: [NGramDiscounts], start: Int32, report: (_ share: Double) throws -> Void
  ) rethrows {
    // The sums over the words after each n-gram; the last element is for the empty n-gram.
    var sums = [Double](repeating: 0, count: table.count + 1)
    var freed = sums
    for node in 0..<table.count where counts.adjusted[node] > 0 {
      let (count, length) = (counts.adjusted[node], counts.lengths[node])
      let parent = table.parents[node] < 0 ? table.count : Int(table.parents[node])
      sums[parent] += Double(count)
      freed[parent] += discounts[length - 1][count]
    }
    logProbabilities = [Float](repeating: -.infinity, count: table.count)
    backoffs = [Float](repeating: 0, count: table.count)
    var probabilities = [Double](repeating: 0, count: table.count)
    // `<s>` is never predicted.
    let uniform = 1 / Double(vocabulary.count - 1)
    // A node is created after its parent and its suffix.
    for node in 0..<table.count {
      let (count, length) = (counts.adjusted[node], counts.lengths[node])
      let parent = table.parents[node] < 0 ? table.count : Int(table.parents[node])
      let kept = (Double(count) - discounts[length - 1][count]) / sums[parent]
      let shorter = length == 1 ? uniform : probabilities[Int(counts.suffixes[node])]
      probabilities[node] = node == Int(start) ? 0 : kept + freed[parent] / sums[parent] * shorter
      logProbabilities[node] = Float(log(probabilities[node]))
      if sums[node] > 0 { backoffs[node] = Float(log(freed[node] / sums[node])) }
      if node.isMultiple(of: NGramProgress.interval) { try report(Double(node) / Double(table.count)) }
    }
  }
}

/// The adjusted counts of n-grams.
private struct AdjustedCounts {
  /// The number of words of each node.
  var lengths: [Int] = []
  /// The node without the first word, for each node.
  var suffixes: [Int32] = []
  /// a, for each node.
  var adjusted: [Int32] = []

  init(
    _ ids: [Int32], order: Int, table: inout NGramTable, start: Int32, end: Int32,
    report: (_ share: Double) throws -> Void
  ) rethrows {
    lengths = [Int](repeating: 1, count: table.count)
    suffixes = [Int32](repeating: -1, count: table.count)
    adjusted = [Int32](repeating: 0, count: table.count)
    // The n-grams that end with the last word, the shortest first, and the number of words of the sentence so far.
    var (ending, position) = ([start], 0)
    for (place, word) in ids.enumerated() {
      if place.isMultiple(of: NGramProgress.interval) { try report(Double(place) / Double(ids.count)) }
      var next = [word]
      if order == 1 { adjusted[Int(word)] += 1 }
      for (index, node) in ending.prefix(order - 1).enumerated() {
        let child = table.insert(node, word)
        let suffix = next[index]
        if Int(child) == lengths.count {
          lengths.append(index + 2)
          suffixes.append(suffix)
          adjusted.append(0)
          // A new word precedes the suffix.
          adjusted[Int(suffix)] += 1
        }
        if index + 2 == order || index == position { adjusted[Int(child)] += 1 }
        next.append(child)
      }
      (ending, position) = word == end ? ([start], 0) : (next, position + 1)
    }
  }

  /// Returns the numbers of n-grams of one length with a count of 1, 2, 3 and 4.
  func countsOfCounts(_ length: Int) -> [Int] {
    var result = [0, 0, 0, 0]
    for node in adjusted.indices where lengths[node] == length && (1...4).contains(adjusted[node]) {
      result[Int(adjusted[node]) - 1] += 1
    }
    return result
  }
}
