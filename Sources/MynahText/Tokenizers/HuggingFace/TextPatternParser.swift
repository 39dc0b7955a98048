import MynahIO

/// A parser for the regular expressions of tokenizers, in the syntax of Oniguruma.
///
/// It supports literals, classes, general categories, groups, alternatives, lookahead and repetitions. Any other
/// construct is an error, as is repeating a group more than once.
struct TextPatternParser {
  private let scalars: [Unicode.Scalar]
  private let part: String
  private let pattern: String
  private var position = 0

  /// - Parameter part: The path of the pattern in the file, for errors.
  init(_ pattern: String, part: String) {
    (scalars, self.part, self.pattern) = (Array(pattern.unicodeScalars), part, pattern)
  }

  /// Parses the whole pattern.
  ///
  /// - Throws: `TextError.badTokenizerJSON` if it is invalid, not supported, or can match the empty text.
  mutating func parse() throws(TextError) -> TextPattern {
    let node = try choice(ignoringCase: false, depth: 0)
    guard position == scalars.count else { throw error("a pattern without a stray ')'") }
    let pattern = TextPattern(node)
    guard pattern.minimumLength > 0 else { throw error("a pattern that cannot match the empty text") }
    return pattern
  }

  private func error(_ expected: String) -> TextError {
    .badTokenizerJSON(part: part, expected: expected, found: "\(pattern.quoted()) at its character \(position + 1)")
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func skip(_ text: String) -> Bool {
    guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private mutating func choice(ignoringCase: Bool, depth: Int) throws(TextError) -> TextPattern.Node {
    guard depth < 50 else { throw error("at most 50 nested groups") }
    var options = [try sequence(ignoringCase: ignoringCase, depth: depth)]
    while skip("|") { options.append(try sequence(ignoringCase: ignoringCase, depth: depth)) }
    return options.count == 1 ? options[0] : .choice(options)
  }

  private mutating func sequence(ignoringCase: Bool, depth: Int) throws(TextError) -> TextPattern.Node {
    var parts: [TextPattern.Node] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      parts.append(try repetition(of: try item(ignoringCase: ignoringCase, depth: depth)))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func item(ignoringCase: Bool, depth: Int) throws(TextError) -> TextPattern.Node {
    func one(_ set: ScalarClass) -> TextPattern.Node {
      if ignoringCase, case .scalar(let scalar) = set { return .one(.ignoringCase(scalar)) }
      return .one(set)
    }
    if skip("(") {
      let node: TextPattern.Node
      if skip("?:") {
        node = try choice(ignoringCase: ignoringCase, depth: depth + 1)
      } else if skip("?i:") {
        node = try choice(ignoringCase: true, depth: depth + 1)
      } else if skip("?=") {
        node = .ahead(try choice(ignoringCase: ignoringCase, depth: depth + 1), isNegated: false)
      } else if skip("?!") {
        node = .ahead(try choice(ignoringCase: ignoringCase, depth: depth + 1), isNegated: true)
      } else if next == "?" {
        throw error("a group '(?:…)', '(?i:…)', '(?=…)' or '(?!…)'")
      } else {
        node = try choice(ignoringCase: ignoringCase, depth: depth + 1)
      }
      guard skip(")") else { throw error("')'") }
      return node
    }
    if skip("^") { return .lineStart }
    if skip("$") { return .lineEnd }
    if skip(".") { return one(.any) }
    if skip("[") {
      guard !ignoringCase else { throw error("no set of characters in '(?i:…)'") }
      return one(try set(depth: depth))
    }
    if skip("\\") { return one(try escape()) }
    guard let scalar = next, !"*+?{".unicodeScalars.contains(scalar) else { throw error("something to repeat") }
    position += 1
    return one(.scalar(scalar))
  }

  private mutating func repetition(of node: TextPattern.Node) throws(TextError) -> TextPattern.Node {
    let (least, most): (Int, Int)
    var isCounted = false
    if skip("*") {
      (least, most) = (0, .max)
    } else if skip("+") {
      (least, most) = (1, .max)
    } else if skip("?") {
      (least, most) = (0, 1)
    } else if skip("{") {
      isCounted = true
      let (low, hasComma) = (number(), skip(","))
      let high = number()
      guard low != nil || high != nil, skip("}") else { throw error("a number of repetitions such as '{1,3}'") }
      (least, most) = (low ?? 0, hasComma ? high ?? .max : low ?? 0)
      guard least <= most else { throw error("numbers of repetitions in ascending order") }
    } else {
      return node
    }
    var mode = TextPattern.Repetition.greedy
    if skip("?") {
      mode = .lazy
    } else if !isCounted && skip("+") {
      mode = .possessive
    }
    if let next, "*+?{".unicodeScalars.contains(next) { throw error("one repetition") }
    if case .one = node { return .repeated(node, least: least, most: most, mode: mode) }
    guard most == 1 else { throw error("the repetition of a single character, not of a group") }
    return .repeated(node, least: least, most: most, mode: mode)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let scalar = next, ("0"..."9").contains(scalar), digits.utf8.count < 6 {
      digits.unicodeScalars.append(scalar)
      position += 1
    }
    return Int(digits)
  }

  private mutating func set(depth: Int) throws(TextError) -> ScalarClass {
    guard depth < 50 else { throw error("at most 50 nested sets") }
    let isNegated = skip("^")
    var parts: [ScalarClass] = []
    while !skip("]") || parts.isEmpty {
      guard let scalar = next, !skip("&&") else { throw error("a set of characters without '&&', ended by ']'") }
      if scalar == "[", scalars[position...].dropFirst().first == ":" { throw error("no POSIX bracket") }
      position += 1
      var part: ScalarClass = .scalar(scalar)
      if scalar == "[" { part = try set(depth: depth + 1) }
      if scalar == "\\" { part = try escape() }
      if case .scalar(let low) = part, next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
        position += 1
        var high = scalars[position]
        position += 1
        if high == "\\" {
          guard case .scalar(let escaped) = try escape() else { throw error("the end of a range") }
          high = escaped
        }
        guard low <= high, high != "[" else { throw error("a range in ascending order") }
        part = .range(low...high)
      }
      parts.append(part)
    }
    return isNegated ? .negated(.union(parts)) : .union(parts)
  }

  private mutating func escape() throws(TextError) -> ScalarClass {
    guard let scalar = next else { throw error("a character after '\\'") }
    position += 1
    switch scalar {
    case "s": return .space
    case "S": return .negated(.space)
    case "d": return .categories([.decimalNumber])
    case "D": return .negated(.categories([.decimalNumber]))
    case "w": return .word
    case "W": return .negated(.word)
    case "n": return .scalar("\n")
    case "r": return .scalar("\r")
    case "t": return .scalar("\t")
    case "f": return .scalar("\u{C}")
    case "v": return .scalar("\u{B}")
    case "p", "P":
      guard skip("{") else { throw error("'{' after '\\p'") }
      let isNegated = skip("^")
      guard let end = scalars[position...].firstIndex(of: "}") else { throw error("'}'") }
      let name = String(String.UnicodeScalarView(scalars[position..<end]))
      guard let set = ScalarClass.property(name) else { throw error("a general category such as 'L' or 'Nd'") }
      position = end + 1
      return (scalar == "P") != isNegated ? .negated(set) : set
    case "x", "u":
      let isBraced = skip("{")
      let end = isBraced ? scalars[position...].firstIndex(of: "}") ?? position : position + (scalar == "x" ? 2 : 4)
      guard end <= scalars.count, isBraced || scalar == "u" || end == position + 2,
        let value = UInt32(String(String.UnicodeScalarView(scalars[position..<end])), radix: 16),
        let character = Unicode.Scalar(value), isBraced || scalar == "u" || value < 0x80
      else { throw error("a hexadecimal character") }
      position = end + (isBraced ? 1 : 0)
      return .scalar(character)
    default:
      guard scalar.isASCII, !scalar.properties.isAlphabetic, !scalar.isNumber else { throw error("a known escape") }
      return .scalar(scalar)
    }
  }
}
