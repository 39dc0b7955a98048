import MynahIO

/// A field of a tokenizer's JSON with its path, which errors name.
struct JSONField {
  let name: String
  let value: JSONValue?

  init(_ name: String, _ value: JSONValue?) {
    self.name = name
    self.value = value
  }

  /// A field of this one.
  subscript(_ name: String) -> JSONField { JSONField(self.name + "." + name, value?[name]) }

  /// Whether it is missing or null.
  var isNull: Bool { value?.isNull ?? true }

  func error(_ expected: String) -> TextError {
    .badTokenizerJSON(part: name, expected: expected, found: value?.kind ?? "nothing")
  }

  func string() throws(TextError) -> String {
    guard let string = value?.string else { throw error("a string") }
    return string
  }

  func bool() throws(TextError) -> Bool {
    guard let bool = value?.bool else { throw error("true or false") }
    return bool
  }

  /// A whole number from 0.
  func count() throws(TextError) -> Int {
    guard let count = value?.integer, count >= 0 else { throw error("a whole number from 0") }
    return count
  }

  /// An object of whole numbers from 0.
  func counts() throws(TextError) -> [(name: String, count: Int)] {
    guard let members = value?.members else { throw error("an object") }
    var counts: [(name: String, count: Int)] = []
    for member in members {
      counts.append((member.name, try JSONField(name + "." + member.name, member.value).count()))
    }
    return counts
  }

  /// An object of whole numbers that is written as a string.
  func nestedCounts() throws(TextError) -> [(name: String, count: Int)] {
    try JSONField(name, try JSONValue(tokenizer: try string())).counts()
  }
}

extension JSONValue {
  /// Reads the JSON of a tokenizer.
  ///
  /// - Throws: `TextError.badJSON`.
  init(tokenizer text: String) throws(TextError) {
    try self.init(parsing: text) { TextError.badJSON(offset: $0.offset, expected: $0.expected, found: $0.found) }
  }
}
