public import MynahIO
import MynahText

// ARPA files: text with the logarithms to base 10 of probabilities and back-off weights, as KenLM and SRILM write them.

extension NGramModel {
  /// Reads an ARPA file, which may be compressed with gzip.
  ///
  /// For files of KenLM, SRILM, IRSTLM and the CMU toolkit, the probabilities are the same as in KenLM:
  ///
  /// - Lines before `\data\` are remarks. Fields are separated by tabs or blanks; line ends are `\n` or `\r\n`.
  /// - `<UNK>` is read as `<unk>` if the file lacks `<unk>`. Without either, unknown words have probability 0.
  /// - Logarithms of −99 and below, and `-inf`, are read as log 0.
  /// - Logarithms of probabilities above 0 and up to 0.0001 are rounding errors and read as 0.
  /// - An n-gram may lack the n-gram without its first word, but not the one without its last word.
  ///
  /// - Throws: `FileError` if it cannot be read or is not UTF-8, `InferenceError.notARPA` if it is not an ARPA file,
  ///   `InferenceError.malformedNGrams` with the malformed line.
  public init(arpa path: String) throws {
    var reader = try ARPAReader(path)
    let counts = try reader.readCounts()
    var (words, unigrams, lines) = ([String](), [(Float, Float)](), [Int]())
    try reader.forEachNGram(1, of: counts) { reader, ngram in
      words.append(ngram.word(0))
      unigrams.append((ngram.logProbability, ngram.backoff))
      lines.append(reader.lineNumber)
    }
    self.init(order: counts.count, vocabulary: try Self.vocabulary(words, lines, reader))
    for (word, unigram) in unigrams.enumerated() { (logProbabilities[word], backoffs[word]) = unigram }
    for length in 1..<counts.count {
      try reader.forEachNGram(length + 1, of: counts) { reader, ngram in try add(ngram, reader) }
    }
  }

  /// Returns a Boolean value indicating whether a file begins like an ARPA file: with the line `\data\` in its first
  /// 65,536 bytes and only text before it.
  ///
  /// - Returns: True also for any gzip file, which is not decompressed.
  /// - Throws: `FileError` if it cannot be read or is not a regular file.
  public static func isARPA(at path: String) throws(FileError) -> Bool {
    let file = try InputFile(path: path)
    let bytes = try file.bytes(0..<min(ARPAStart.byteCount, file.byteCount))
    return bytes.starts(with: GzipFile.magic) || ARPAStart.isFound(in: bytes[...])
  }

  /// `<unk>` as the CMU toolkit writes it.
  private static let capitalUnknown = "<UNK>"

  /// Returns the words of the 1-grams; `<UNK>` replaces a missing `<unk>`.
  private static func vocabulary(_ words: [String], _ lines: [Int], _ reader: ARPAReader) throws -> Vocabulary {
    var words = words
    if let place = words.firstIndex(of: capitalUnknown), !words.contains(Vocabulary.unknown) {
      words[place] = Vocabulary.unknown
    }
    do {
      return try Vocabulary(tokens: words)
    } catch .duplicateToken(let word, _, let second) {
      throw reader.failure("each word once", found: "\(word.quoted()) again", line: lines[second])
    }
  }

  private mutating func add(_ ngram: ARPAReader.NGram, _ reader: ARPAReader) throws {
    var node: Int32 = -1
    for (index, place) in zip(1..., ngram.words) {
      guard let word = word(ngram.text, place) else {
        throw reader.failure("words of the 1-grams", found: "\(ngram.word(index - 1).quoted())")
      }
      let next = table.child(of: node, word)
      if index < ngram.words.count {
        guard let next else {
          throw reader.failure("an n-gram whose first words are an n-gram too", found: ngram.quoted)
        }
        node = next
      } else {
        guard next == nil else { throw reader.failure("each n-gram once", found: "\(ngram.quoted) again") }
        _ = table.insert(node, word)
      }
    }
    logProbabilities.append(ngram.logProbability)
    backoffs.append(ngram.backoff)
  }

  /// Returns the word in a range of a line; `<UNK>` is read as `<unk>` unless it is in the vocabulary.
  private func word(_ line: [UInt8], _ place: Range<Int>) -> Int32? {
    if let word = vocabulary.id(of: line, place) { return word }
    return line[place].elementsEqual(Self.capitalUnknown.utf8) ? vocabulary.id(of: Vocabulary.unknown) : nil
  }

  /// Writes an ARPA file.
  ///
  /// Probabilities of 0 are written as −99.
  ///
  /// - Parameter report: Called periodically with the progress; an error that it throws ends the writing.
  /// - Throws: `FileError`, and what `report` throws.
  public func write(arpa path: String, report: (NGramProgress) throws -> Void = { _ in }) throws {
    var writtenCount = 0
    let lengths = table.lengths()
    var text = "\\data\\\n"
    for (index, count) in counts.enumerated() { text += "ngram \(index + 1)=\(count)\n" }
    for length in 1...order {
      text += "\n\\\(length)-grams:\n"
      for node in 0..<table.count where lengths[node] == length {
        let words = table.words(of: Int32(node)).map { vocabulary[$0] }.joined(separator: " ")
        text += "\(ARPANumber.decimal(logProbabilities[node]))\t\(words)"
        if length < order { text += "\t\(ARPANumber.decimal(backoffs[node]))" }
        text += "\n"
        writtenCount += 1
        if writtenCount.isMultiple(of: NGramProgress.interval) {
          try report(NGramProgress(stage: .writing, share: Double(writtenCount) / Double(table.count)))
        }
      }
    }
    text += "\n\\end\\\n"
    try AtomicFile.write(Array(text.utf8), to: path)
  }
}
