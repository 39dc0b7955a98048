/// The n-grams that are one word longer than each node.
struct NGramChildren {
  private var ends: [Int]
  private var nodes: [Int32]

  init(_ table: NGramTable) {
    var counts = [Int](repeating: 0, count: table.count)
    for parent in table.parents where parent >= 0 { counts[Int(parent)] += 1 }
    // The next free index for the children of each node; finally, the end of its children.
    var next = [Int](repeating: 0, count: table.count)
    for node in 0..<table.count where node > 0 { next[node] = next[node - 1] + counts[node - 1] }
    nodes = [Int32](repeating: 0, count: counts.reduce(0, +))
    for (node, parent) in table.parents.enumerated() where parent >= 0 {
      nodes[next[Int(parent)]] = Int32(node)
      next[Int(parent)] += 1
    }
    ends = next
  }

  /// The n-grams that are one word longer than a node, in the order of the table.
  subscript(node: Int) -> ArraySlice<Int32> { nodes[(node == 0 ? 0 : ends[node - 1])..<ends[node]] }
}
