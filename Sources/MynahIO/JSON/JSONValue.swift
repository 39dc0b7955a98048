/// A JSON value.
///
/// Objects preserve the order of their members, which Keras's word counts require, and compare names bytewise, so that
/// a vocabulary may contain “é” as well as “e” + “◌́”. The dictionaries of Foundation's decoder support neither.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// A number in its original notation.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable {
    package let name: String
    package let value: JSONValue

    package init(name: String, value: JSONValue) { (self.name, self.value) = (name, value) }
  }

  /// Parses a JSON text strictly.
  ///
  /// - Parameter failure: Creates the caller's error from a defect.
  package init<Failure>(parsing text: String, failure: @escaping (JSONDefect) -> Failure) throws(Failure) {
    var scanner = JSONScanner(Array(text.utf8), failure: failure)
    self = try scanner.value()
    try scanner.end("the end of the text")
  }

  package static func integer(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

  /// Returns a number, or null if the number is not finite.
  package static func real(_ number: Double) -> JSONValue { number.isFinite ? .number("\(number)") : .null }

  /// Returns an object with a fixed set of members.
  package static func record(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// Returns an object of integers.
  package static func integers(_ members: some Sequence<(String, Int)>) -> JSONValue {
    .object(members.map { Member(name: $0.0, value: .integer($0.1)) })
  }

  /// The value of an object's member; nil if the member does not exist or the value is not an object.
  package subscript(_ name: String) -> JSONValue? {
    members?.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  package var isNull: Bool { if case .null = self { true } else { false } }
  package var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  package var string: String? { if case .string(let string) = self { string } else { nil } }
  package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  /// The number as an integer; nil if it has a fraction or the value is not a number.
  package var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

  /// The number as a `Double`; nil if it is not finite or the value is not a number.
  package var number: Double? {
    guard case .number(let digits) = self, let number = Double(digits), number.isFinite else { return nil }
    return number
  }

  /// A description of the kind of value for error messages.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .number(let digits): digits.excerpt()
    case .string(let string): "the string \(string.quoted())"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
