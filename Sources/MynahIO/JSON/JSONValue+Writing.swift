extension JSONValue {
  /// The value as JSON on a single line.
  package var text: String {
    var json = JSONText()
    write(to: &json)
    return json.text
  }

  private func write(to json: inout JSONText) {
    switch self {
    case .null: json.raw("null")
    case .bool(let bool): json.raw(bool ? "true" : "false")
    case .number(let digits): json.raw(digits)
    case .string(let string): json.string(string)
    case .array(let elements): json.array(elements, separator: ", ") { $1.write(to: &$0) }
    case .object(let members):
      json.object(members, separator: ", ") { json, member in
        json.string(member.name)
        json.raw(": ")
        member.value.write(to: &json)
      }
    }
  }
}
