/// A part of a text between added tokens.
struct TextSpan {
  var text: [Unicode.Scalar]
  /// A Boolean value indicating whether the part is at the beginning of the whole text.
  var beginsText: Bool
}

/// A pre-tokenizer of a `tokenizer.json`, which splits a normalized text into the pieces that the model encodes.
indirect enum PreTokenizer: Sendable {
  enum PrependScheme: String, Sendable { case always, never, first }

  case sequence([PreTokenizer])
  /// Runs of word characters, and runs of other characters that are not white space.
  case whitespace
  case whitespaceSplit
  case byteLevel(addsPrefixSpace: Bool, splits: Bool)
  case metaspace(Unicode.Scalar, PrependScheme, splits: Bool)
  case bert
  case punctuation(SplitBehavior)
  case digits(individual: Bool)
  case split(TextPattern, SplitBehavior, inverts: Bool)
  case delimiter(Unicode.Scalar)

  /// Returns the pieces of a part, none of them empty.
  func callAsFunction(_ part: TextSpan) -> [TextSpan] {
    guard !part.text.isEmpty else { return [] }
    let text = part.text
    switch self {
    case .sequence(let steps):
      return steps.reduce([part]) { parts, step in parts.flatMap { step($0) } }
    case .whitespace:
      let (word, space) = (ScalarClass.word, ScalarClass.space)
      return Self.cut(part, Self.runs(text) { word.contains($0) ? 1 : space.contains($0) ? 0 : 2 })
    case .whitespaceSplit: return Self.cut(part, Self.runs(text) { $0.properties.isWhitespace ? 0 : 1 })
    case .byteLevel(let addsPrefixSpace, let splits):
      var part = part
      if addsPrefixSpace && text[0] != " " { part.text.insert(" ", at: 0) }
      return Self.bytePieces(part, splits: splits)
    case .metaspace(let blank, let scheme, let splits):
      var part = part
      part.text = text.map { $0 == " " ? blank : $0 }
      let prepends = scheme == .always || scheme == .first && part.beginsText
      if prepends && part.text[0] != blank { part.text.insert(blank, at: 0) }
      return splits ? Self.split(part, .mergedWithNext) { $0 == blank } : [part]
    case .bert:
      return Self.cut(part, Self.runs(text) { $0.properties.isWhitespace ? 0 : 1 })
        .flatMap { Self.split($0, .isolated) { $0.isPunctuation } }
    case .punctuation(let behavior): return Self.split(part, behavior) { $0.isPunctuation }
    case .digits(let individual): return Self.split(part, individual ? .isolated : .contiguous) { $0.isNumber }
    case .split(let pattern, let behavior, let inverts):
      return Self.cut(part, behavior.parts(of: text.count, at: pattern.matches(in: text), inverts: inverts))
    case .delimiter(let delimiter): return Self.split(part, .removed) { $0 == delimiter }
    }
  }

  /// A Boolean value indicating whether a text is split at white space, which is removed.
  var removesSpace: Bool {
    switch self {
    case .sequence(let steps): steps.first?.removesSpace ?? false
    case .whitespace, .whitespaceSplit, .bert: true
    case .byteLevel, .metaspace, .punctuation, .digits, .split, .delimiter: false
    }
  }

  private static func cut(_ part: TextSpan, _ ranges: [Range<Int>]) -> [TextSpan] {
    ranges.map { TextSpan(text: Array(part.text[$0]), beginsText: part.beginsText && $0.lowerBound == 0) }
  }

  /// Splits at single characters.
  private static func split(
    _ part: TextSpan, _ behavior: SplitBehavior, _ isMatch: (Unicode.Scalar) -> Bool
  ) -> [TextSpan] {
    let matches = part.text.indices.filter { isMatch(part.text[$0]) }.map { $0..<$0 + 1 }
    return cut(part, behavior.parts(of: part.text.count, at: matches))
  }

  /// Returns the longest runs of characters of the same class, without those of class 0.
  private static func runs(_ text: [Unicode.Scalar], _ kind: (Unicode.Scalar) -> Int) -> [Range<Int>] {
    var (runs, start, last): ([Range<Int>], Int, Int) = ([], 0, 0)
    for (index, scalar) in text.enumerated() {
      let next = kind(scalar)
      guard next != last else { continue }
      if last != 0 { runs.append(start..<index) }
      (start, last) = (index, next)
    }
    if last != 0 { runs.append(start..<text.count) }
    return runs
  }

  private static func bytePieces(_ part: TextSpan, splits: Bool) -> [TextSpan] {
    let bytes = Array(String(String.UnicodeScalarView(part.text)).utf8)
    var ranges = [bytes.indices]
    if splits {
      ranges = []
      var scanner = PretokenScanner(bytes, bytes.indices)
      while let range = scanner.next() { ranges.append(range) }
    }
    return ranges.map { range in
      TextSpan(
        text: bytes[range].map { ByteAlphabet.characters[Int($0)] },
        beginsText: part.beginsText && range.lowerBound == 0)
    }
  }
}
