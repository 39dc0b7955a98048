/// N-grams as a tree: the parent of an n-gram's node is the node of all its words but the last.
///
/// Nodes 0 ..< V are the single words. A node's suffix is the n-gram without its first word; −1 is the empty n-gram.
struct NGramTable: Sendable {
  /// The node of all words but the last; −1 for single words.
  private(set) var parents: [Int32] = []
  /// The last word.
  private(set) var words: [Int32] = []
  /// A hash table of nodes with open addressing, −1 for an empty slot; at most half of the slots are used.
  private var slots: [Int32] = []
  private let wordCount: Int

  /// Creates a table of single words.
  init(wordCount: Int) {
    self.wordCount = wordCount
    words = (0..<Int32(wordCount)).map { $0 }
    parents = [Int32](repeating: -1, count: wordCount)
    slots = [Int32](repeating: -1, count: 1024)
  }

  /// The number of nodes.
  var count: Int { words.count }

  /// Returns the node of an n-gram followed by a word; nil if there is none.
  func child(of node: Int32, _ word: Int32) -> Int32? {
    if node < 0 { return word }
    let found = slots[slot(node, word)]
    return found < 0 ? nil : found
  }

  /// Returns the node of an n-gram followed by a word, which is added if there is none.
  mutating func insert(_ node: Int32, _ word: Int32) -> Int32 {
    if node < 0 { return word }
    let place = slot(node, word)
    if slots[place] >= 0 { return slots[place] }
    let new = Int32(count)
    slots[place] = new
    parents.append(node)
    words.append(word)
    if 2 * (count - wordCount) > slots.count { grow() }
    return new
  }

  private func slot(_ node: Int32, _ word: Int32) -> Int {
    // Fibonacci hashing: the high half of the product depends on all bits.
    let key = UInt64(UInt32(bitPattern: node)) << 32 | UInt64(UInt32(bitPattern: word))
    let product = (key ^ key >> 29) &* 0x9E37_79B9_7F4A_7C15
    var place = Int(truncatingIfNeeded: product >> 20) & (slots.count - 1)
    while slots[place] >= 0 {
      let other = Int(slots[place])
      if parents[other] == node && words[other] == word { break }
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: 4 * slots.count)
    for node in wordCount..<count { slots[slot(parents[node], words[node])] = Int32(node) }
  }

  /// Returns the words of a node, first to last.
  func words(of node: Int32) -> [Int32] {
    var (result, node) = ([Int32](), node)
    while node >= 0 {
      result.append(words[Int(node)])
      node = parents[Int(node)]
    }
    return result.reversed()
  }

  /// Returns the number of words of each node.
  func lengths() -> [Int] {
    var lengths = [Int](repeating: 1, count: count)
    // A node comes after its parent.
    for node in wordCount..<count { lengths[node] = lengths[Int(parents[node])] + 1 }
    return lengths
  }

  /// Returns the longest known proper suffix of each node's n-gram; −1 if there is none.
  func suffixes() -> [Int32] {
    var suffixes = [Int32](repeating: -1, count: count)
    // A node comes after its parent and after its suffixes.
    for node in wordCount..<count {
      var context = suffixes[Int(parents[node])]
      while context >= 0 {
        if let found = child(of: context, words[node]) {
          suffixes[node] = found
          break
        }
        context = suffixes[Int(context)]
      }
      if context < 0 { suffixes[node] = words[node] }
    }
    return suffixes
  }
}
