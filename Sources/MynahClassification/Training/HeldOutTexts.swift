import MynahTensors

/// Which of the examples a member of an ensemble learns, and which it holds out.
package struct HeldOutTexts {
  /// Indices of examples, rising.
  package let learned, heldOut: [Int]

  /// Holds out nothing.
  init(learningAll count: Int) { (learned, heldOut) = (Array(0..<count), []) }

  /// Holds out a share of each class, at least one text, and at most all but one.
  ///
  /// - Parameters:
  ///   - classes: The class of each example.
  ///   - share: The share that is held out.
  ///   - member: Members hold out different texts as long as there are any.
  ///   - seed: Where the order is drawn from.
  /// - Precondition: each class has two examples.
  package init(classes: [Int], share: Double, member: Int, seed: UInt64) {
    var held: Set<Int> = []
    for label in Set(classes).sorted() {
      var random = RandomSource(seed: seed, stream: UInt64(label))
      let own = classes.indices.filter { classes[$0] == label }.shuffled(using: &random)
      precondition(own.count > 1, "a class needs 2 texts to hold one out, found \(own.count)")
      let count = min(max(1, Int((Double(own.count) * share).rounded())), own.count - 1)
      let first = member * count
      for index in first..<first + count { held.insert(own[index % own.count]) }
    }
    learned = classes.indices.filter { !held.contains($0) }
    heldOut = held.sorted()
  }
}
