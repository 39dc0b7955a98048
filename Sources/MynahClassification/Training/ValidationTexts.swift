import MynahIO
import MynahTensors

/// The split of the examples into training texts and validation texts of one member of the ensemble.
package struct ValidationTexts {
  /// The indices of the examples, in ascending order.
  package let learned, validation: [Int]

  /// Creates a split without validation texts.
  init(learningAll count: Int) { (learned, validation) = (Array(0..<count), []) }

  /// Creates a split that holds out a share of each class: at least one text, at most all but one.
  ///
  /// - Parameters:
  ///   - classes: The class of each example.
  ///   - share: The share of validation texts.
  ///   - member: The index of the member. Members have different validation texts as long as there are enough.
  ///   - seed: The seed of the random order.
  /// - Precondition: each class has at least two examples.
  package init(classes: [Int], share: Double, member: Int, seed: UInt64) {
    var drawn: Set<Int> = []
    for label in Set(classes).sorted() {
      var random = RandomSource(seed: seed, stream: UInt64(label))
      let own = classes.indices.filter { classes[$0] == label }.shuffled(using: &random)
      require(own.count > 1, "a class must have at least 2 texts, to hold one out, got \(own.count)")
      let count = min(max(1, Int((Double(own.count) * share).rounded())), own.count - 1)
      let first = member * count
      for index in first..<first + count { drawn.insert(own[index % own.count]) }
    }
    learned = classes.indices.filter { !drawn.contains($0) }
    validation = drawn.sorted()
  }
}
