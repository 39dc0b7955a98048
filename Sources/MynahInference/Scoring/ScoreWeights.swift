import MynahIO

/// The weights of scores by name: `am=1,lm=0.7,words=0.1,model=0.5`.
public struct ScoreWeights: Hashable, Sendable, CustomStringConvertible {
  /// The names of scores that every hypothesis has: the model's ln p of the text, the number of tokens that the model
  /// predicts, and the number of words, which are separated by white space.
  public static let builtInNames = ["model", "tokens", "words"]

  /// The names, each of them once.
  public let names: [String]
  /// The weight of each name, finite.
  public let values: [Double]

  /// The weight of a name; nil if there is none.
  public subscript(name: String) -> Double? { names.firstIndex(of: name).map { values[$0] } }

  /// Creates weights.
  ///
  /// - Precondition: the names are distinct, and there are as many weights as names.
  public init(names: [String], values: [Double]) {
    require(
      names.count == values.count && Set(names).count == names.count, "weights need distinct names, found \(names)")
    (self.names, self.values) = (names, values)
  }

  /// Creates the default weights: 1 for each score of the lists and for the model, 0 for tokens and words.
  public init(defaultsFor names: [String]) {
    self.init(
      names: names + Self.builtInNames, values: names.map { _ in 1 } + [1, 0, 0])
  }

  /// Parses weights: `name=number` pairs, separated by commas.
  ///
  /// - Throws: `NBestError.malformedWeights` unless each part is a name with a finite decimal number, and each name
  ///   occurs once.
  public init(_ text: String) throws(NBestError) {
    var (names, values) = ([String](), [Double]())
    for part in text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let value = Double(decimal: sides[1]) else {
        throw .malformedWeights(
          expected: "weights as name=number, separated by commas, such as am=1,lm=0.7", found: String(part))
      }
      guard !names.contains(String(sides[0])) else {
        throw .malformedWeights(expected: "one weight for each name", found: String(part))
      }
      names.append(String(sides[0]))
      values.append(value)
    }
    (self.names, self.values) = (names, values)
  }

  /// The weights in the form in which they are parsed, with all significant digits.
  public var description: String {
    zip(names, values).map { name, value in
      let number = "\(value)"
      return name + "=" + (number.hasSuffix(".0") ? String(number.dropLast(2)) : number)
    }.joined(separator: ",")
  }

  /// Returns the weights of the features of a hypothesis: of its scores, then of the built-in features, which have
  /// weight 0 unless given.
  ///
  /// - Parameter names: The names of the scores of the lists.
  /// - Throws: `NBestError.reservedName`, `.unknownWeights`, `.missingWeights`.
  public func vector(for names: [String]) throws(NBestError) -> [Double] {
    if let reserved = names.first(where: Self.builtInNames.contains) { throw .reservedName(reserved) }
    let all = names + Self.builtInNames
    let unknown = self.names.filter { !all.contains($0) }
    guard unknown.isEmpty else { throw .unknownWeights(unknown, known: names) }
    let missing = names.filter { self[$0] == nil }
    guard missing.isEmpty else { throw .missingWeights(missing) }
    return all.map { self[$0] ?? 0 }
  }
}
