import Foundation
public import MynahInference
public import MynahText

/// The shares of items for which the predictions of a SyntaxGym suite hold.
public struct SyntaxGymReport: Hashable, Sendable {
  /// The result of a prediction.
  public struct Prediction: Hashable, Sendable {
    public let formula: SyntaxGymFormula
    /// The outcomes of the prediction, for each item in the order of the suite.
    public internal(set) var holds: [Bool] = []

    /// The number of items for which the prediction holds.
    public var rightCount: Int { holds.count(where: \.self) }
    /// The share of items for which the prediction holds.
    public var accuracy: Double { Double(rightCount) / Double(holds.count) }
  }

  /// The results of the predictions, in the order of the suite.
  public internal(set) var predictions: [Prediction]
  /// The number of words in all sentences, and the number of unknown words among them.
  public internal(set) var wordCount = 0, unknownCount = 0

  /// The mean of the predictions' accuracies.
  public var accuracy: Double { predictions.reduce(0) { $0 + $1.accuracy } / Double(predictions.count) }

  /// Evaluates a suite: reads each sentence as a text of its own.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizer: The model's tokenizer.
  ///   - spelling: Respells the content of each region first; see `FamiliarWords`.
  ///   - report: Called with the share of the items after each; an error that it throws ends the evaluation.
  /// - Throws: as `WordSurprisals.append` does, and what `report` throws.
  public init(
    of suite: SyntaxGymSuite, _ model: InferenceModel, tokenizer: AnyTokenizer, spelling: (String) -> String = { $0 },
    report: (_ share: Double) throws -> Void = { _ in }
  ) throws {
    predictions = suite.predictions.map { Prediction(formula: $0) }
    var words = WordSurprisals(model, tokenizer: tokenizer)
    var line = 0
    for (index, item) in suite.items.enumerated() {
      try report(Double(index) / Double(suite.items.count))
      var bits: [String: [Int: Double]] = [:]
      for condition in item.conditions {
        line += 1
        bits[condition.name] = try add(condition, spelling, line, &words)
      }
      for index in predictions.indices {
        let holds = predictions[index].formula.holds { region in
          let regions = bits[region.condition] ?? [:]
          guard let number = region.number else { return regions.keys.sorted().reduce(0) { $0 + (regions[$1] ?? 0) } }
          return regions[number] ?? 0
        }
        predictions[index].holds.append(holds)
      }
    }
  }

  /// Reads a sentence and returns the surprisals of its regions: the sums over the tokens of their words, in bits.
  private mutating func add(
    _ condition: SyntaxGymSuite.Condition, _ spelling: (String) -> String, _ line: Int, _ words: inout WordSurprisals
  ) throws -> [Int: Double] {
    let contents = condition.regions.map { region in
      let scalars = spelling(region.content).unicodeScalars
      return (number: region.number, words: scalars.split(whereSeparator: \.properties.isWhitespace))
    }
    let owners = contents.flatMap { region in region.words.map { _ in region.number } }
    let sentence = contents.flatMap { $0.words.map { String($0) } }.joined(separator: " ")
    var bits = Dictionary(uniqueKeysWithValues: contents.map { ($0.number, 0.0) })
    wordCount += owners.count
    for entry in try words.append(sentence, number: line) {
      guard let word = entry.word else { continue }
      bits[owners[word.index - 1], default: 0] -= entry.tokenLogProbability / log(2)
      if entry.isUnknown { unknownCount += 1 }
    }
    return bits
  }
}
