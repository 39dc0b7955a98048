extension KerasTokenizer {
  /// Returns the words of a text, or its characters if those are the tokens.
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

  /// Returns the IDs of a text's words, as Keras's `texts_to_sequences` does for one text.
  public func sequence(of text: String) -> [Int32] { numbers(of: words(of: text)).ids }

  /// Returns the IDs of words that are already split; they are lowercased if the settings require it.
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

  /// Returns the words with the given IDs, separated by spaces, as Keras's `sequences_to_texts` does for one sequence.
  ///
  /// An ID without a word, or at or above the limit, becomes the unknown token, or is dropped if there is none.
  public func text(of sequence: [Int32]) -> String {
    let unknown = unknownNumber.map { _ in settings.unknownToken ?? "" }
    return sequence.compactMap { number in
      let isKnown = number > 0 && number < index.count && number < settings.limit
      let word = isKnown ? index[number] : nil
      // For a word that is listed twice, only the second ID is used.
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
