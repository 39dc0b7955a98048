import MynahIO

/// A field of a tokenizer's JSON with its path for error messages.
struct JSONField {
  let name: String
  let value: JSONValue?

  init(_ name: String, _ value: JSONValue?) {
    self.name = name
    self.value = value
  }

  /// Returns a member of this field.
  subscript(_ name: String) -> JSONField { JSONField(self.name + "." + name, value?[name]) }

  /// A Boolean value indicating whether the field is missing or null.
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

  /// Returns the value as a non-negative integer.
  func count() throws(TextError) -> Int {
    guard let count = value?.integer, count >= 0 else { throw error("a whole number of at least 0") }
    return count
  }

  /// Returns the value as an object of non-negative integers.
  func counts() throws(TextError) -> [(name: String, count: Int)] {
    guard let members = value?.members else { throw error("an object") }
    var counts: [(name: String, count: Int)] = []
    for member in members {
      counts.append((member.name, try JSONField(name + "." + member.name, member.value).count()))
    }
    return counts
  }

  /// Returns the value as an object of integers that is serialized as a string.
  func nestedCounts() throws(TextError) -> [(name: String, count: Int)] {
    try JSONField(name, try JSONValue(tokenizer: try string())).counts()
  }
}

/// The form of a tokenizer that is stored as the JSON of another library.
struct StoredTokenizerJSON: Codable {
  let json: String
}

extension JSONValue {
  /// Parses the JSON of a tokenizer.
  ///
  /// - Throws: `TextError.badJSON`.
  init(tokenizer text: String) throws(TextError) {
    try self.init(parsing: text) { TextError.badJSON(offset: $0.offset, expected: $0.expected, found: $0.found) }
  }
}
