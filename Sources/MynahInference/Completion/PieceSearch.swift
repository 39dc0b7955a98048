import Foundation
import MynahText

/// A beam search for words of several tokens, which extends the most probable beginnings until the words end.
struct PieceSearch: CompletionSearch {
  /// The bytes of each token, and the form in which they are compared.
  private let tokens, forms: [[UInt8]]
  private let ignoresCase: Bool
  private let textless: Set<Int32>
  /// The number of beams per requested word, and the maximum number of tokens in a word.
  private static let (beamsPerWord, maximumLength) = (4, 48)

  init(_ tokenizer: AnyTokenizer, ignoresCase: Bool) {
    let decoder = tokenizer.decoder()
    tokens = (0..<Int32(tokenizer.vocabulary.count)).map { decoder.bytes(of: $0) }
    forms = ignoresCase ? tokens.map(\.lowercased) : tokens
    self.ignoresCase = ignoresCase
    textless = Set(tokenizer.vocabulary.textlessIDs)
  }

  /// The beginning of a word.
  private struct Beginning {
    /// The predictor that has read the text and all tokens but the last.
    var predictor: any Predictor
    var last: Int32?
    /// All bytes, including those before the word.
    var bytes: [UInt8] = []
    /// The number of bytes of the form in which they are compared.
    var formLength = 0
    var logProbability = 0.0
  }

  func callAsFunction(
    _ predictor: any Predictor, _ logProbabilities: [Double], separator: [UInt8], prefix: [UInt8], count: Int
  ) throws -> [Suggestion] {
    let typed = separator + (ignoresCase ? prefix.lowercased : prefix)
    let certainty = separatorProbability(separator, logProbabilities)
    var (beginnings, found) = ([Beginning(predictor: predictor)], [(bytes: [UInt8], logProbability: Double)]())
    var next = logProbabilities
    for _ in 0..<Self.maximumLength {
      var longer: [Beginning] = []
      for var beginning in beginnings {
        if let last = beginning.last {
          try beginning.predictor.read([last])
          next = try beginning.predictor.logProbabilities()
        }
        let ways = continuations(of: beginning, next, typed, separatorLength: separator.count)
        longer += ways.longer
        if ways.endProbability > 0 {
          let word = Array(beginning.bytes[separator.count...])
          found.append((word, beginning.logProbability + log(ways.endProbability)))
        }
      }
      found = Array(merged(found).prefix(count))
      // Extending a beginning cannot raise its probability, so one below all found words is dropped.
      let least = found.count == count ? found[count - 1].logProbability : -.infinity
      beginnings = Array(
        longer.filter { $0.logProbability > least }.sorted { $0.logProbability > $1.logProbability }
          .prefix(Self.beamsPerWord * count))
      if beginnings.isEmpty { break }
    }
    return found.map {
      Suggestion(text: String(decoding: $0.bytes, as: UTF8.self), probability: exp($0.logProbability) / certainty)
    }
  }

  /// Returns the predicted probability that the text continues with the separator; word probabilities are conditioned
  /// on it.
  private func separatorProbability(_ separator: [UInt8], _ logProbabilities: [Double]) -> Double {
    guard !separator.isEmpty else { return 1 }
    return tokens.enumerated().reduce(0) { sum, entry in
      entry.element.starts(with: separator) ? sum + exp(logProbabilities[entry.offset]) : sum
    }
  }

  /// Returns the beginnings that are one token longer, and the probability that the word ends here.
  private func continuations(
    of beginning: Beginning, _ logProbabilities: [Double], _ typed: [UInt8], separatorLength: Int
  ) -> (longer: [Beginning], endProbability: Double) {
    let rest = typed.dropFirst(beginning.formLength)
    let isWord = beginning.bytes.count > separatorLength
    var (longer, endProbability) = ([Beginning](), 0.0)
    for (id, token) in tokens.enumerated() where !token.isEmpty && !textless.contains(Int32(id)) {
      if rest.isEmpty && !token[0].isOfWord {
        if isWord { endProbability += exp(logProbabilities[id]) }
        continue
      }
      let form = forms[id]
      guard form.starts(with: rest) || rest.starts(with: form) else { continue }
      guard form.dropFirst(rest.count).allSatisfy(\.isOfWord) else { continue }
      longer.append(
        Beginning(
          predictor: beginning.predictor, last: Int32(id), bytes: beginning.bytes + token,
          formLength: beginning.formLength + form.count, logProbability: beginning.logProbability + logProbabilities[id]
        ))
    }
    return (longer, endProbability)
  }

  /// Returns the words, most probable first; the probabilities of a word that was found in several ways are added.
  private func merged(_ words: [(bytes: [UInt8], logProbability: Double)]) -> [(bytes: [UInt8], logProbability: Double)]
  {
    var sums: [[UInt8]: Double] = [:]
    for word in words { sums[word.bytes, default: 0] += exp(word.logProbability) }
    return sums.map { (bytes: $0.key, logProbability: log($0.value)) }
      .sorted {
        $0.logProbability != $1.logProbability
          ? $0.logProbability > $1.logProbability : $0.bytes.lexicographicallyPrecedes($1.bytes)
      }
  }
}

extension UInt8 {
  /// A Boolean value indicating whether a byte is part of a word: a letter, a digit, an apostrophe, a hyphen, an
  /// underscore, or part of a character beyond ASCII.
  fileprivate var isOfWord: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "'"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    case 0x80...: true
    default: false
    }
  }
}
