extension KerasTokenizer {
  /// The words of a text, or its characters if those are the tokens.
  public func words(of text: String) -> [String] {
    let text = settings.lowercases ? text.fullyLowercased() : text
    guard !settings.takesCharacters else { return text.unicodeScalars.map { String($0) } }
    let filters = Set(settings.filters.unicodeScalars)
    var filtered: [UInt8] = []
    for scalar in text.unicodeScalars {
      filtered += filters.contains(scalar) ? Array(settings.separator.utf8) : Array(String(scalar).utf8)
    }
    return Self.cut(filtered, at: Array(settings.separator.utf8))
  }

  private static func cut(_ bytes: [UInt8], at separator: [UInt8]) -> [String] {
    var (words, start, offset): ([String], Int, Int) = ([], 0, 0)
    while offset <= bytes.count {
      let isSeparator = bytes[offset...].starts(with: separator)
      if isSeparator || offset == bytes.count {
        if offset > start { words.append(String(decoding: bytes[start..<offset], as: UTF8.self)) }
        offset += max(separator.count, 1)
        start = offset
      } else {
        offset += 1
      }
    }
    return words
  }

  /// The numbers of a text's words: Keras's `texts_to_sequences` of one text.
  public func sequence(of text: String) -> [Int32] { numbers(of: words(of: text)).ids }

  /// The numbers of words that are cut already; they are put in small letters if all are.
  public func sequence(cut words: [String]) -> [Int32] {
    numbers(of: inCase(words)).ids
  }

  private func numbers(of words: [String]) -> (ids: [Int32], unknownCount: Int) {
    let unknown = unknownNumber
    var (ids, unknownCount): ([Int32], Int) = ([], 0)
    for word in words {
      if let number = number(of: word), number < settings.limit {
        ids.append(number)
      } else if let unknown {
        ids.append(unknown)
        unknownCount += 1
      }
    }
    return (ids, unknownCount)
  }

  /// The words of numbers, parted by spaces: Keras's `sequences_to_texts` of one sequence.
  ///
  /// A number at or over the limit and one that no word has become the unknown token, or nothing if there is none.
  public func text(of sequence: [Int32]) -> String {
    let unknown = unknownNumber.map { _ in settings.unknownToken ?? "" }
    return sequence.compactMap { number in
      let isKnown = number > 0 && number < index.count && number < settings.limit
      let word = isKnown ? index[number] : nil
      // Of a word that is listed twice only the second number counts.
      return word.flatMap { self.number(of: $0) == number ? $0 : nil } ?? unknown
    }.joined(separator: " ")
  }

  public func encode(_ text: String) throws(TextError) -> EncodedText {
    let (ids, unknownCount) = numbers(of: words(of: text))
    return EncodedText(ids: ids, unknownCount: unknownCount, characterCount: text.unicodeScalars.count)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  public func decoder() -> TokenDecoder {
    TokenDecoder(vocabulary, separator: settings.takesCharacters ? "" : " ", lineEndID: nil)
  }
}
