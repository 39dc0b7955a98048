package import MynahTensors

/// A sum over the shards of a batch in an order that does not depend on which rank computes which part.
///
/// Neighbouring shards are added first (0 + 1, 2 + 3, …), then neighbouring pairs, and so on. If the number of shards
/// is not a power of two, the blocks that remain at the end are added from the right. A rank adds up as much of its
/// consecutive shards as this order allows, and sends the remaining blocks.
package struct PairwiseSum: Sendable {
  /// The sum of some consecutive shards.
  package struct Block: Sendable {
    package let first: Int
    package let count: Int
    /// The sum; nil if no shard of the block has a gradient.
    package var gradient: Gradient?

    package init(first: Int, count: Int, gradient: Gradient? = nil) {
      (self.first, self.count, self.gradient) = (first, count, gradient)
    }
  }

  /// The blocks that cannot be added to each other until further blocks are appended.
  package private(set) var blocks: [Block] = []

  package init() {}

  /// Returns the first shard and the number of shards of each block that consecutive shards are added up to.
  package static func blocks(of shards: Range<Int>) -> [(first: Int, count: Int)] {
    var sum = PairwiseSum()
    for shard in shards { sum.append(Block(first: shard, count: 1)) }
    return sum.blocks.map { ($0.first, $0.count) }
  }

  /// Appends the next block: its first shard is the one after the last block.
  package mutating func append(_ block: Block) {
    blocks.append(block)
    while let last = blocks.last, let left = blocks.dropLast().last, left.count == last.count,
      left.first % (2 * left.count) == 0
    {
      addLastTwo()
    }
  }

  /// Returns the sum of all blocks; nil if no shard has a gradient.
  package consuming func total() -> Gradient? {
    while blocks.count > 1 { addLastTwo() }
    return blocks.first?.gradient
  }

  private mutating func addLastTwo() {
    var right = blocks.removeLast()
    var left = blocks.removeLast()
    let (first, count) = (left.first, left.count + right.count)
    let sum: Gradient?
    // Moved out of the blocks, so that their tensors have no other reference and one is updated in place.
    switch (left.gradient.take(), right.gradient.take()) {
    case (let left?, let right?): sum = .sum(left, right)
    case (let left, let right): sum = left ?? right
    }
    blocks.append(Block(first: first, count: count, gradient: sum))
  }
}
