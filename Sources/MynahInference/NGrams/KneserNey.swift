import Foundation
public import MynahText

extension NGramModel {
  /// Counts the n-grams of a text's lines and smooths them: interpolated modified Kneser–Ney.
  ///
  ///     p(w | h) = (a(hw) − D(a(hw))) / Σᵥ a(hv) + γ(h) p(w | h′)
  ///
  /// a is the count of the longest n-grams and of those that begin a sentence, otherwise the number of different words
  /// that precede the n-gram; h′ is h without its first word; D₁, D₂ and D₃₊ are computed from the numbers of n-grams
  /// of a length with counts 1 to 4; γ(h) is the probability that the discounts free. Single words are interpolated
  /// with 1 / V. S. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling", 1998;
  /// K. Heafield et al., "Scalable modified Kneser-Ney language model estimation", 2013, section 3.
  ///
  /// - Parameters:
  ///   - ids: The text in words; each line end is a sentence's end. `<unk>` counts like any other word.
  ///   - tokenizer: The tokenizer of the text; its tokens are words and line ends.
  ///   - order: n, 1 or more.
  /// - Throws: `InferenceError.noSentences` if the tokens are of another kind, `tooFewNGrams` if the text is so short
  ///   that discounts cannot be computed, `TextError` if a word is `<s>` or `</s>`.
  public init(counting ids: [Int32], tokenizer: AnyTokenizer, order: Int) throws {
    precondition((1...16).contains(order), "an order must be in 1 ... 16, got \(order)")
    guard case .word = tokenizer, let end = tokenizer.endOfSentenceID else { throw InferenceError.noSentences }
    var names = tokenizer.vocabulary.tokens
    names[Int(end)] = Self.sentenceEnd
    names += tokenizer.vocabulary.unknownID == nil ? [Self.sentenceStart, Vocabulary.unknown] : [Self.sentenceStart]
    if let unknown = tokenizer.vocabulary.unknownID { names[Int(unknown)] = Vocabulary.unknown }
    self.init(order: order, vocabulary: try Vocabulary(tokens: names))
    let start = Int32(tokenizer.vocabulary.count)
    try smooth(AdjustedCounts(ids, order: order, table: &table, start: start, end: end), start: start)
  }

  /// Turns counts into probabilities and back-off weights, shorter n-grams first.
  private mutating func smooth(_ counts: AdjustedCounts, start: Int32) throws(InferenceError) {
    let discounts = try (1...order).map { length throws(InferenceError) in try counts.discounts(length) }
    // The sums over the words after each n-gram; the last element is that of the empty n-gram.
    var sums = [Double](repeating: 0, count: table.count + 1)
    var freed = sums
    for node in 0..<table.count where counts.adjusted[node] > 0 {
      let (count, length) = (counts.adjusted[node], counts.lengths[node])
      let parent = table.parents[node] < 0 ? table.count : Int(table.parents[node])
      sums[parent] += Double(count)
      freed[parent] += discounts[length - 1][Int(min(count, 3))]
    }
    logProbabilities = [Float](repeating: -.infinity, count: table.count)
    backoffs = [Float](repeating: 0, count: table.count)
    var probabilities = [Double](repeating: 0, count: table.count)
    // `<s>` is never predicted.
    let uniform = 1 / Double(vocabulary.count - 1)
    // A node is made after its parent and after its suffix.
    for node in 0..<table.count {
      let (count, length) = (counts.adjusted[node], counts.lengths[node])
      let parent = table.parents[node] < 0 ? table.count : Int(table.parents[node])
      let kept = (Double(count) - discounts[length - 1][Int(min(count, 3))]) / sums[parent]
      let shorter = length == 1 ? uniform : probabilities[Int(counts.suffixes[node])]
      probabilities[node] = node == Int(start) ? 0 : kept + freed[parent] / sums[parent] * shorter
      logProbabilities[node] = Float(log(probabilities[node]))
      if sums[node] > 0 { backoffs[node] = Float(log(freed[node] / sums[node])) }
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

  init(_ ids: [Int32], order: Int, table: inout NGramTable, start: Int32, end: Int32) {
    lengths = [Int](repeating: 1, count: table.count)
    suffixes = [Int32](repeating: -1, count: table.count)
    adjusted = [Int32](repeating: 0, count: table.count)
    // The n-grams that end with the last word, the shortest first, and the number of words of the sentence so far.
    var (ending, position) = ([start], 0)
    for word in ids {
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

  /// Returns the discounts of counts of 0, 1, 2, and 3 or more, for n-grams of one length.
  func discounts(_ length: Int) throws(InferenceError) -> [Double] {
    var n = [Double](repeating: 0, count: 5)
    for node in adjusted.indices where lengths[node] == length && (1...4).contains(adjusted[node]) {
      n[Int(adjusted[node])] += 1
    }
    guard n[1] > 0 && n[2] > 0 && n[3] > 0 else { throw .tooFewNGrams(length: length) }
    let share = n[1] / (n[1] + 2 * n[2])
    let discounts = (1...3).map { Double($0) - Double($0 + 1) * share * n[$0 + 1] / n[$0] }
    guard zip(discounts, 1...3).allSatisfy({ $0 >= 0 && $0 <= Double($1) }) else { throw .tooFewNGrams(length: length) }
    return [0] + discounts
  }
}
