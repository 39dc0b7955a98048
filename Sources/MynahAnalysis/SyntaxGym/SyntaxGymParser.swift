import MynahIO

/// A recursive-descent parser of prediction formulas.
struct SyntaxGymParser {
  typealias Formula = SyntaxGymFormula

  /// An expression of either kind, with the position where it begins.
  private enum Expression {
    case condition(Formula.Condition)
    case quantity(Formula.Quantity)
  }

  private let characters: [Unicode.Scalar]
  private var place = 0
  private var depth = 0
  /// The regions so far.
  private(set) var regions: [Formula.Region] = []

  /// The maximum nesting depth of parentheses, which limits stack use.
  private static let maximumDepth = 100

  init(_ text: String) { characters = Array(text.unicodeScalars) }

  /// Parses the whole text.
  mutating func formula() throws(Formula.Defect) -> Formula.Condition {
    let start = nextPlace()
    let expression = try disjunction()
    guard nextPlace() == characters.count else { throw defect(expected: "an operator or the end") }
    return try Self.condition(expression, at: start)
  }

  // MARK: Operators, from the loosest

  private mutating func disjunction() throws(Formula.Defect) -> Expression {
    let start = nextPlace()
    let first = try conjunction()
    guard peek == "|" else { return first }
    var parts = [try Self.condition(first, at: start)]
    while skip("|") {
      let next = nextPlace()
      parts.append(try Self.condition(try conjunction(), at: next))
    }
    return .condition(.any(parts))
  }

  private mutating func conjunction() throws(Formula.Defect) -> Expression {
    let start = nextPlace()
    let first = try comparison()
    guard peek == "&" else { return first }
    var parts = [try Self.condition(first, at: start)]
    while skip("&") {
      let next = nextPlace()
      parts.append(try Self.condition(try comparison(), at: next))
    }
    return .condition(.all(parts))
  }

  private mutating func comparison() throws(Formula.Defect) -> Expression {
    let start = nextPlace()
    let first = try sum()
    guard let sign = peek, "<>=".unicodeScalars.contains(sign) else { return first }
    let left = try Self.quantity(first, at: start)
    place += 1
    let next = nextPlace()
    let right = try Self.quantity(try sum(), at: next)
    if let next = peek, "<>=".unicodeScalars.contains(next) {
      throw defect(expected: "& or | between comparisons, which cannot be chained")
    }
    switch sign {
    case "<": return .condition(.less(left, right))
    case ">": return .condition(.less(right, left))
    default: return .condition(.equal(left, right))
    }
  }

  private mutating func sum() throws(Formula.Defect) -> Expression {
    let start = nextPlace()
    let first = try operand()
    guard peek == "+" || peek == "-" else { return first }
    var terms = [Formula.Quantity.Term(sign: 1, quantity: try Self.quantity(first, at: start))]
    while let sign = peek, sign == "+" || sign == "-" {
      place += 1
      let next = nextPlace()
      let term = try Self.quantity(try operand(), at: next)
      terms.append(Formula.Quantity.Term(sign: sign == "+" ? 1 : -1, quantity: term))
    }
    return .quantity(.sum(terms))
  }

  // MARK: Operands

  private mutating func operand() throws(Formula.Defect) -> Expression {
    let start = nextPlace()
    guard skip("(") else { return .quantity(.number(try number())) }
    if let region = try region() { return .quantity(.region(region)) }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw Formula.Defect(
        position: start + 1, expected: "at most \(Self.maximumDepth) nested parentheses", found: "one more")
    }
    let inner = try disjunction()
    guard skip(")") else { throw defect(expected: "an operator or a closing parenthesis") }
    return inner
  }

  /// Parses the rest of a region after its opening parenthesis; nil if another expression follows.
  private mutating func region() throws(Formula.Defect) -> Formula.Region? {
    let start = nextPlace()
    var digits = ""
    if peek == "*" {
      place += 1
    } else {
      digits = takeDigits()
    }
    guard peek == ";" else {
      if start < characters.count, characters[start] == "*" { throw defect(expected: "; after *") }
      place = start
      return nil
    }
    let isAll = characters[start] == "*"
    guard isAll || Int(digits) != nil else {
      place = start
      throw defect(expected: "the number of a region or *")
    }
    place += 1
    guard skip("%") else { throw defect(expected: "% and the name of a condition") }
    let nameStart = place
    while place < characters.count, characters[place] != "%" { place += 1 }
    let name = String(String.UnicodeScalarView(characters[nameStart..<place]))
    guard place < characters.count, !name.isEmpty else {
      throw defect(expected: name.isEmpty ? "the name of a condition" : "a closing %")
    }
    place += 1
    guard skip(")") else { throw defect(expected: "a closing parenthesis after the condition") }
    let region = Formula.Region(number: Int(digits), condition: name)
    regions.append(region)
    return region
  }

  private mutating func number() throws(Formula.Defect) -> Double {
    let start = nextPlace()
    var text = ""
    if peek == "-" {
      text = "-"
      place += 1
    }
    text += takeDigits()
    if place < characters.count, characters[place] == "." {
      text += "."
      place += 1
      text += takeDigits()
    }
    guard let value = Double(text), value.isFinite else {
      place = start
      throw defect(expected: "a region such as (6;%name%), a number or a parenthesis")
    }
    return value
  }

  private mutating func takeDigits() -> String {
    let start = place
    while place < characters.count, "0"..."9" ~= characters[place] { place += 1 }
    return String(String.UnicodeScalarView(characters[start..<place]))
  }

  // MARK: Kinds

  private static func condition(_ expression: Expression, at start: Int) throws(Formula.Defect) -> Formula.Condition {
    if case .condition(let condition) = expression { return condition }
    throw Formula.Defect(position: start + 1, expected: "a comparison with <, > or =", found: "a number")
  }

  private static func quantity(_ expression: Expression, at start: Int) throws(Formula.Defect) -> Formula.Quantity {
    if case .quantity(let quantity) = expression { return quantity }
    throw Formula.Defect(position: start + 1, expected: "a region or a number", found: "a comparison")
  }

  // MARK: Characters

  /// Skips white space and returns the position of the next character.
  private mutating func nextPlace() -> Int {
    while place < characters.count, characters[place].properties.isWhitespace { place += 1 }
    return place
  }

  /// The next character that is not white space; nil at the end.
  private var peek: Unicode.Scalar? {
    mutating get { nextPlace() < characters.count ? characters[place] : nil }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard peek == character else { return false }
    place += 1
    return true
  }

  private mutating func defect(expected: String) -> Formula.Defect {
    let found = nextPlace() < characters.count ? String(characters[place]).quoted() : "the end"
    return Formula.Defect(position: place + 1, expected: expected, found: found)
  }
}
