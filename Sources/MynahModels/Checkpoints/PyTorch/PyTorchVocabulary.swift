/// A search for a vocabulary in the object of a file: the tokens in the order of their ids.
struct PyTorchVocabulary {
  private let heap: PickleHeap

  /// The keys of vocabularies in checkpoints.
  private static let usualKeys = [
    "itos", "idx2word", "idx_to_word", "id2word", "index2word", "vocab", "vocabulary", "words", "dictionary", "corpus",
    "stoi", "word2idx",
  ]

  init(in heap: PickleHeap) { self.heap = heap }

  /// Returns the tokens of a vocabulary, or of the one in a checkpoint; nil if there is none, or more than one.
  ///
  /// - Throws: `PyTorchFileError.tooLarge` if the tokens take too much memory.
  func tokens(of object: PickleValue, budget: inout MemoryBudget) throws(PyTorchFileError) -> [String]? {
    if let tokens = try vocabulary(object, &budget) { return tokens }
    guard let entries = heap.entries(object) else { return nil }
    var found: [String]?
    for key in Self.usualKeys {
      guard let value = heap.value(of: key, in: entries), let tokens = try vocabulary(value, &budget) else { continue }
      // A checkpoint may contain both a list of tokens and a dictionary of their ids.
      guard found.map({ Self.areEqual($0, tokens) }) != false else { return nil }
      found = tokens
    }
    return found
  }

  /// Returns the tokens of a list of strings, of a dictionary from strings to ids, or of a `Dictionary` or `Corpus`.
  private func vocabulary(
    _ value: PickleValue, _ budget: inout MemoryBudget
  ) throws(PyTorchFileError) -> [String]? {
    if let record = heap.record(value) { return try vocabulary(of: record, &budget) }
    if let items = heap.sequence(value) { return try texts(items, &budget) }
    if let entries = heap.entries(value) { return try tokens(byNumber: entries, &budget) }
    return nil
  }

  private func vocabulary(
    of record: PickleRecord, _ budget: inout MemoryBudget
  ) throws(PyTorchFileError) -> [String]? {
    var attributes = heap.attributes(of: record)
    if record.kind == .corpus, let words = heap.value(of: "dictionary", in: attributes).flatMap(heap.record) {
      guard words.kind == .dictionary else { return nil }
      attributes = heap.attributes(of: words)
    } else if record.kind != .dictionary {
      return nil
    }
    let items = heap.value(of: "idx2word", in: attributes).flatMap(heap.sequence)
    let entries = heap.value(of: "word2idx", in: attributes).flatMap(heap.entries)
    let listed = if let items { try texts(items, &budget) } else { [String]?.none }
    let numbered = if let entries { try tokens(byNumber: entries, &budget) } else { [String]?.none }
    guard let listed, let numbered else { return listed ?? numbered }
    return Self.areEqual(listed, numbered) ? listed : nil
  }

  private func texts(_ items: [PickleValue], _ budget: inout MemoryBudget) throws(PyTorchFileError) -> [String]? {
    try budget.spend(items.count, of: MemoryLayout<String>.stride)
    var texts: [String] = []
    texts.reserveCapacity(items.count)
    for item in items {
      guard case .string(let text) = item else { return nil }
      texts.append(text)
    }
    return texts.isEmpty ? nil : texts
  }

  /// Returns the keys in the order of their ids, which must be 0, 1, …, each once.
  private func tokens(
    byNumber entries: [PickleEntry], _ budget: inout MemoryBudget
  ) throws(PyTorchFileError) -> [String]? {
    try budget.spend(entries.count, of: 2 * MemoryLayout<String?>.stride)
    var tokens = [String?](repeating: nil, count: entries.count)
    for entry in entries {
      guard case .string(let token) = entry.key, case .integer(let number) = entry.value,
        tokens.indices.contains(number), tokens[number] == nil
      else { return nil }
      tokens[number] = token
    }
    return tokens.isEmpty ? nil : tokens.map { $0 ?? "" }
  }

  /// Compares tokens by their bytes, because Swift's strings are also equal if they are only canonically equivalent.
  private static func areEqual(_ left: [String], _ right: [String]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }
}
