#if Server
import MynahIO

/// The fields of a request's JSON object.
///
/// Each field is removed when it is read, and `end()` rejects the rest.
struct RequestFields {
  private var members: [JSONValue.Member]

  /// Parses an object.
  ///
  /// - Throws: `ServerFailure`.
  init(_ bytes: [UInt8]) throws(ServerFailure) {
    var scanner = JSONScanner(bytes) { defect in
      ServerFailure.invalid(
        "the body is not valid: expected \(defect.expected), found \(defect.found) at byte "
          + "\(defect.offset)", code: "invalid_json")
    }
    let value = try scanner.value()
    try scanner.end("the end of the JSON object")
    guard let members = value.members else {
      throw .invalid("expected a JSON object, found \(value.kind)", code: "invalid_json")
    }
    self.members = members
  }

  /// Removes and returns a field; nil if it is missing or null.
  mutating func take(_ name: String) -> JSONValue? {
    guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
    let value = members.remove(at: index).value
    return value.isNull ? nil : value
  }

  mutating func string(_ name: String) throws(ServerFailure) -> String? {
    guard let value = take(name) else { return nil }
    guard let string = value.string else { throw Self.wrong(name, "a string", value) }
    return string
  }

  mutating func bool(_ name: String) throws(ServerFailure) -> Bool? {
    guard let value = take(name) else { return nil }
    guard let bool = value.bool else { throw Self.wrong(name, "true or false", value) }
    return bool
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(ServerFailure) -> Int? {
    guard let value = take(name) else { return nil }
    guard let integer = value.integer, range.contains(integer) else {
      throw Self.wrong(name, "an integer from \(range.lowerBound) to \(range.upperBound)", value)
    }
    return integer
  }

  mutating func number(_ name: String, in range: ClosedRange<Double>) throws(ServerFailure) -> Double? {
    guard let value = take(name) else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw Self.wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)", value)
    }
    return number
  }

  /// Reads token ids.
  mutating func ids(_ name: String, vocabularySize: Int) throws(ServerFailure) -> [Int32]? {
    guard let value = take(name) else { return nil }
    guard let elements = value.array else { throw Self.wrong(name, "an array of token ids", value) }
    return try Self.ids(elements, name, vocabularySize: vocabularySize)
  }

  static func ids(
    _ elements: [JSONValue], _ name: String, vocabularySize: Int
  ) throws(ServerFailure) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(elements.count)
    for element in elements {
      guard let id = element.integer, (0..<vocabularySize).contains(id) else {
        throw wrong(name, "token ids from 0 to \(vocabularySize - 1)", element)
      }
      ids.append(Int32(id))
    }
    return ids
  }

  /// Reads a string or an array of strings.
  mutating func strings(_ name: String) throws(ServerFailure) -> [String]? {
    guard let value = take(name) else { return nil }
    if let string = value.string { return [string] }
    guard let elements = value.array else { throw Self.wrong(name, "a string or an array of strings", value) }
    var strings: [String] = []
    for element in elements {
      guard let string = element.string else { throw Self.wrong(name, "strings in the array", element) }
      strings.append(string)
    }
    return strings
  }

  /// Reads the texts of the field `input`.
  mutating func inputs() throws(ServerFailure) -> [String] {
    guard let inputs = try strings("input"), (1...1024).contains(inputs.count) else {
      throw .invalid("expected a text or 1 to 1024 texts for 'input'", "input")
    }
    return inputs
  }

  /// Checks that every field was read.
  func end() throws(ServerFailure) {
    guard let name = members.first?.name else { return }
    throw .invalid(
      "there is no parameter \(name.quoted()) here; leave it out", String(name.prefix(100)), code: "unknown_parameter")
  }

  static func wrong(_ name: String, _ expected: String, _ value: JSONValue) -> ServerFailure {
    .invalid("expected \(expected) for '\(name)', found \(value.kind)", name)
  }
}
#endif
