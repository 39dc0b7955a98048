/// The number of occurrences of each word, and the number of texts that contain it, in order of first occurrence.
struct KerasWordCounts: Sendable, Hashable {
  private var table = TokenTable()
  private(set) var counts: [Int] = []
  /// The number of texts that contain each word.
  private(set) var textCounts: [Int] = []
  private(set) var documentCount = 0

  init() {}

  /// Creates counts from existing ones.
  ///
  /// - Precondition: No word is repeated.
  init(_ entries: [(word: String, count: Int, textCount: Int)], documentCount: Int) {
    self.documentCount = documentCount
    for entry in entries {
      let number = insert(entry.word)
      (counts[number], textCounts[number]) = (entry.count, entry.textCount)
    }
  }

  /// Creates counts from the token counts of a single text.
  init(ofOneText counts: TokenCounts) {
    self.init(
      counts.entries.map { (String(decoding: $0.token, as: UTF8.self), $0.count, 1) }, documentCount: 1)
  }

  /// Counts the words of one text.
  mutating func add(_ words: [String]) {
    documentCount += 1
    var seen: Set<Int> = []
    for word in words {
      let number = insert(word)
      counts[number] += 1
      if seen.insert(number).inserted { textCounts[number] += 1 }
    }
  }

  private mutating func insert(_ word: String) -> Int {
    let bytes = Array(word.utf8)
    let number = Int(table.insert(bytes, bytes.indices))
    if number == counts.count {
      counts.append(0)
      textCounts.append(0)
    }
    return number
  }

  private func number(of word: String) -> Int? {
    let bytes = Array(word.utf8)
    return table.number(of: bytes, bytes.indices).map { Int($0) }
  }

  func count(of word: String) -> Int { number(of: word).map { counts[$0] } ?? 0 }

  /// Returns the number of texts that contain a word.
  func textCount(of word: String) -> Int { number(of: word).map { textCounts[$0] } ?? 0 }

  /// The words in order of first occurrence.
  var words: [String] { counts.indices.map { String(decoding: table[Int32($0)], as: UTF8.self) } }

  /// The words by descending count, ties by first occurrence.
  var ranked: [String] {
    let words = words
    return counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }.map { words[$0] }
  }
}
