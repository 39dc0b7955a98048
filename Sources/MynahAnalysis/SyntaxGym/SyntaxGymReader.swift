import MynahIO

/// Reads a suite from JSON and checks that its formulas refer to regions that exist.
struct SyntaxGymReader {
  let path: String

  func suite(_ value: JSONValue) throws(SyntaxGymError) -> SyntaxGymSuite {
    guard value.members != nil else { throw malformed("the file", expected: "an object", value) }
    let meta = value["meta"]
    try checkMetric(meta?["metric"])
    var predictions: [SyntaxGymFormula] = []
    for value in try list(value["predictions"], "predictions", in: "the file") {
      predictions.append(try prediction(value, number: predictions.count + 1))
    }
    var items: [SyntaxGymSuite.Item] = []
    for value in try list(value["items"], "items", in: "the file") {
      items.append(try item(value, position: items.count + 1))
    }
    for (index, formula) in predictions.enumerated() { try check(formula, index + 1, items) }
    return SyntaxGymSuite(name: meta?["name"]?.string, predictions: predictions, items: items)
  }

  /// Checks that the metric of the suite is the sum of surprisals, the only one that is supported.
  private func checkMetric(_ value: JSONValue?) throws(SyntaxGymError) {
    guard let value, !value.isNull else { return }
    let names = value.array ?? [value]
    guard names.count == 1, names[0].string == "sum" else {
      throw malformed("meta.metric", expected: "'sum'", names.count == 1 ? names[0] : value)
    }
  }

  private func prediction(_ value: JSONValue, number: Int) throws(SyntaxGymError) -> SyntaxGymFormula {
    let place = "prediction \(number)"
    if let type = value["type"], type.string != "formula" {
      throw malformed("the type of \(place)", expected: "'formula'", type)
    }
    guard let text = value["formula"]?.string else { throw malformed(place, expected: "a formula", value["formula"]) }
    do {
      return try SyntaxGymFormula(text)
    } catch {
      throw .malformedFormula(path: path, prediction: number, defect: error)
    }
  }

  private func item(_ value: JSONValue, position: Int) throws(SyntaxGymError) -> SyntaxGymSuite.Item {
    var place = "item \(position)"
    let number = try number(value["item_number"], "an item_number", in: place) ?? position
    place = "item \(number)"
    let conditions = try list(value["conditions"], "conditions", in: place).map { value throws(SyntaxGymError) in
      try condition(value, in: place)
    }
    guard let repeated = firstRepeated(conditions.map(\.name)) else {
      return SyntaxGymSuite.Item(number: number, conditions: conditions)
    }
    throw .malformed(path: path, place: place, expected: "each condition once", found: "\(repeated.quoted()) again")
  }

  private func condition(
    _ value: JSONValue, in item: String
  ) throws(SyntaxGymError) -> SyntaxGymSuite.Condition {
    guard let name = value["condition_name"]?.string else {
      throw malformed("a condition of \(item)", expected: "a condition_name", value["condition_name"])
    }
    let place = "the condition \(name.quoted()) of \(item)"
    let regions = try list(value["regions"], "regions", in: place).map { value throws(SyntaxGymError) in
      guard let number = try number(value["region_number"], "a region_number", in: place) else {
        throw malformed(place, expected: "a region_number", nil)
      }
      guard let content = value["content"]?.string else {
        throw malformed("region \(number) of \(place)", expected: "content", value["content"])
      }
      return SyntaxGymSuite.Region(number: number, content: content)
    }
    guard let repeated = firstRepeated(regions.map(\.number)) else {
      return SyntaxGymSuite.Condition(name: name, regions: regions)
    }
    throw .malformed(path: path, place: place, expected: "each region once", found: "region \(repeated) again")
  }

  /// Checks that the regions of a formula exist in each item.
  private func check(
    _ formula: SyntaxGymFormula, _ index: Int, _ items: [SyntaxGymSuite.Item]
  ) throws(SyntaxGymError) {
    for item in items {
      for region in formula.regions {
        let condition = item.conditions.first { $0.name == region.condition }
        let place = "item \(item.number), which prediction \(index) refers to"
        guard let condition else {
          throw .malformed(
            path: path, place: place, expected: "the condition \(region.condition.quoted())",
            found: "none with this name"
          )
        }
        guard let number = region.number, !condition.regions.contains(where: { $0.number == number }) else { continue }
        throw .malformed(
          path: path, place: place, expected: "region \(number) of the condition \(region.condition.quoted())",
          found: "none with this number")
      }
    }
  }

  // MARK: Values

  private func list(
    _ value: JSONValue?, _ name: String, in place: String
  ) throws(SyntaxGymError) -> [JSONValue] {
    guard let elements = value?.array, !elements.isEmpty else {
      throw malformed(place, expected: "a list of \(name)", value)
    }
    return elements
  }

  private func number(_ value: JSONValue?, _ what: String, in place: String) throws(SyntaxGymError) -> Int? {
    guard let value else { return nil }
    guard let number = value.integer else { throw malformed(place, expected: "\(what): a whole number", value) }
    return number
  }

  private func firstRepeated<Name: Hashable>(_ names: [Name]) -> Name? {
    var seen: Set<Name> = []
    return names.first { !seen.insert($0).inserted }
  }

  private func malformed(_ place: String, expected: String, _ found: JSONValue?) -> SyntaxGymError {
    let isEmpty = found?.array?.isEmpty == true
    return .malformed(
      path: path, place: place, expected: expected, found: isEmpty ? "an empty list" : found?.kind ?? "nothing")
  }
}

extension SyntaxGymSuite {
  /// Creates a suite whose formulas refer to regions that exist.
  fileprivate init(name: String?, predictions: [SyntaxGymFormula], items: [Item]) {
    (self.name, self.predictions, self.items) = (name, predictions, items)
  }
}
