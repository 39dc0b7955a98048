/// A value of a JSON text.
///
/// Objects keep the order of their members, which Keras's word counts need, and their names are compared by bytes, so that a
/// vocabulary may hold “é” beside “e” + “◌́”. Foundation's decoder makes dictionaries, which do neither.
enum JSONValue {
  case null
  case bool(Bool)
  /// A number as it is written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member {
    let name: String
    let value: JSONValue
  }

  static func integer(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

  /// An object whose members are named in the program.
  static func record(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// An object of whole numbers.
  static func integers(_ members: some Sequence<(String, Int)>) -> JSONValue {
    .object(members.map { Member(name: $0.0, value: .integer($0.1)) })
  }

  /// An object's member, the last one of a name; nil for anything that has none.
  subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  var isNull: Bool { if case .null = self { true } else { false } }
  var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  var string: String? { if case .string(let string) = self { string } else { nil } }
  var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  /// A number without a fraction.
  var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

  /// What it is, for error messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .number(let digits): digits
    case .string(let string): string.utf8.count <= 40 ? "the string “\(string)”" : "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

// MARK: Writing

extension JSONValue {
  /// The value as a JSON text of one line.
  var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let bool): text += bool ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let string): Self.write(string, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += ", " }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += ", " }
        Self.write(member.name, to: &text)
        text += ": "
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        text += "\\"
        text.unicodeScalars.append(scalar)
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case ..<" ", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
