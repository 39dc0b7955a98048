/// A suffix automaton, which represents all substrings of texts in memory proportional to their length.
///
/// A. Blumer et al., "The smallest automaton recognizing the subwords of a text", 1985. A state represents the
/// substrings that end at the same positions; its link leads to the longest suffix of them that ends at more positions.
struct SuffixAutomaton: Hashable, Sendable {
  private struct State: Hashable, Sendable {
    /// The length of its longest substring.
    var length: Int
    var link: Int
    var next: [Int32: Int] = [:]
    /// The length of its longest substring that has been found in the text that is read.
    var found = 0
  }

  /// The position in the automaton while a text is read.
  struct Reading: Hashable, Sendable {
    fileprivate var state = 0
    fileprivate var length = 0
  }

  private var states = [State(length: 0, link: -1)]

  /// Creates the automaton of all texts; no substring spans two texts.
  init(_ texts: [[Int32]]) {
    for text in texts {
      var last = 0
      for id in text { last = extend(last, id) }
    }
  }

  private mutating func extend(_ last: Int, _ id: Int32) -> Int {
    if let next = states[last].next[id], states[next].length == states[last].length + 1 { return next }
    let isNew = states[last].next[id] == nil
    let current = isNew ? add(State(length: states[last].length + 1, link: 0)) : -1
    var state = last
    while isNew && state >= 0 && states[state].next[id] == nil {
      states[state].next[id] = current
      state = states[state].link
    }
    guard state >= 0, let next = states[state].next[id] else { return current }
    let link = states[next].length == states[state].length + 1 ? next : split(next, from: state, id)
    if isNew { states[current].link = link }
    return isNew ? current : link
  }

  /// Adds a state for the shorter substrings of another state, which end at more positions.
  private mutating func split(_ next: Int, from first: Int, _ id: Int32) -> Int {
    let copy = add(
      State(length: states[first].length + 1, link: states[next].link, next: states[next].next))
    states[next].link = copy
    var state = first
    while state >= 0 && states[state].next[id] == next {
      states[state].next[id] = copy
      state = states[state].link
    }
    return copy
  }

  private mutating func add(_ state: State) -> Int {
    states.append(state)
    return states.count - 1
  }

  /// Reads a token of another text and marks the longest substring that ends with it.
  mutating func read(_ id: Int32, _ reading: inout Reading) {
    while reading.state > 0 && states[reading.state].next[id] == nil {
      reading.state = states[reading.state].link
      reading.length = states[reading.state].length
    }
    guard let next = states[reading.state].next[id] else { return reading = Reading() }
    reading.state = next
    reading.length += 1
    states[next].found = max(states[next].found, reading.length)
  }

  /// Returns, for each token of the texts, the length of the longest marked substring that ends with it.
  func longestMatches(_ texts: [[Int32]]) -> [[Int]] {
    // A substring that was found has suffixes that were found too.
    var found = states.map(\.found)
    for state in states.indices.sorted(by: { states[$0].length > states[$1].length }) where states[state].link > 0 {
      let link = states[state].link
      if found[state] > 0 { found[link] = max(found[link], min(found[state], states[link].length)) }
    }
    return texts.map { text in
      var state = 0
      return text.map { id in
        state = states[state].next[id] ?? 0
        // The substrings of a state are suffixes of each other: the longest one that was found may be that of a link.
        var (place, best) = (state, 0)
        while place > 0 && best == 0 {
          best = found[place]
          place = states[place].link
        }
        return best
      }
    }
  }
}
