public import MynahText

/// The words of a text with their surprisals by several models, whose tokens may differ.
///
/// Line ends are left out.
public struct ComparedWords: Sendable {
  /// A word with its surprisals, one per model; nil if a model does not predict it.
  public typealias Row = (word: TextWord, surprisals: [WordSurprisal?])

  private let policy: StatePolicy
  private var readers: [WordSurprisals]
  /// The words of each model that the others have not reached yet.
  private var waiting: [[WordSurprisal]]

  /// Creates a reader at the beginning of a text.
  ///
  /// - Parameters:
  ///   - readers: The models, each at the beginning of the text.
  ///   - policy: The policy that the readers were created with.
  public init(_ readers: [WordSurprisals], policy: StatePolicy) {
    (self.readers, self.policy, waiting) = (readers, policy, readers.map { _ in [] })
  }

  /// Appends a line and returns the words that all models have reached.
  ///
  /// - Throws: as `WordSurprisals` does.
  public mutating func append(_ line: String, number: Int, isEnded: Bool = true) throws -> [Row] {
    for index in readers.indices {
      waiting[index] += try readers[index].append(line, number: number, isEnded: isEnded)
    }
    return next(isComplete: policy == .reset)
  }

  /// Ends the text and returns its last words.
  ///
  /// - Throws: as `WordSurprisals` does.
  public mutating func finish() throws -> [Row] {
    for index in readers.indices { waiting[index] += try readers[index].finish() }
    return next(isComplete: true)
  }

  /// Returns the words that all models have reached; if the text is complete, all words.
  private mutating func next(isComplete: Bool) -> [Row] {
    for index in waiting.indices { waiting[index].removeAll { $0.word == nil } }
    var (rows, starts) = ([Row](), waiting.map { _ in 0 })
    func first(_ index: Int) -> TextWord? {
      starts[index] < waiting[index].count ? waiting[index][starts[index]].word : nil
    }
    while isComplete || waiting.indices.allSatisfy({ first($0) != nil }) {
      let found = waiting.indices.compactMap(first).min { ($0.line, $0.index) < ($1.line, $1.index) }
      guard let found else { break }
      var row: [WordSurprisal?] = []
      for index in waiting.indices {
        let isHere = first(index) == found
        row.append(isHere ? waiting[index][starts[index]] : nil)
        if isHere { starts[index] += 1 }
      }
      rows.append((found, row))
    }
    for index in waiting.indices { waiting[index].removeFirst(starts[index]) }
    return rows
  }
}
