/// A scanner for the words, punctuation marks and line ends of a text; see `PunctuationTokenizer`.
struct PunctuationScanner {
  enum Item {
    /// A token and the range of its core in the bytes.
    case token(PunctuationToken, Range<Int>)
    case lineEnd
  }

  /// The kind of text that follows.
  enum Following {
    /// White space, or nothing.
    case blank
    /// Text that is not known yet.
    case unknown
  }

  private let scalars: Substring.UnicodeScalarView
  private let following: Following
  private var position: String.Index
  /// The offset of the position in the text's bytes.
  private var offset = 0
  /// A Boolean value indicating whether the position follows white space or begins the text.
  private var followsBlank = true
  /// A Boolean value indicating whether the previous token implies that no blank follows.
  private var followsOpening = false

  init(_ text: String, following: Following) {
    (scalars, self.following) = (text[...].unicodeScalars, following)
    position = scalars.startIndex
  }

  /// Returns the next token or line end (`\n`); nil at the end of the text.
  mutating func next() -> Item? {
    while position < scalars.endIndex {
      let scalar = scalars[position]
      guard scalar.properties.isWhitespace else { return token() }
      advance(to: scalars.index(after: position))
      (followsBlank, followsOpening) = (true, false)
      if scalar == "\n" { return .lineEnd }
    }
    return nil
  }

  private mutating func token() -> Item {
    let (start, first) = (position, scalars[position])
    let begin = offset
    advance(to: Self.isWord(first) ? endOfWord() : endOfMark())
    var token = PunctuationToken(core: scalars[start..<position])
    let precedesBlank: Bool? =
      position < scalars.endIndex
      ? scalars[position].properties.isWhitespace : following == .blank ? true : nil
    if PunctuationToken.isStraightQuote(first) {
      if (followsBlank || followsOpening) && precedesBlank != true { token.blankAfter = false }
    } else if PunctuationToken.opens(first), precedesBlank == true {
      token.blankAfter = true
    }
    if followsBlank != token.followsBlank && !(followsOpening && !followsBlank) { token.blankBefore = followsBlank }
    (followsBlank, followsOpening) = (false, !token.permitsBlankAfter)
    return .token(token, begin..<offset)
  }

  private mutating func advance(to end: String.Index) {
    offset += scalars[position..<end].reduce(0) { $0 + UTF8.width($1) }
    position = end
  }

  /// Returns the end of a word: letters, digits and their combining marks; an apostrophe between letters; and a comma
  /// or period between digits.
  private func endOfWord() -> String.Index {
    var end = position
    while end < scalars.endIndex {
      let next = scalars.index(after: end)
      if Self.isWord(scalars[end]) {
        end = next
      } else if next < scalars.endIndex, end > position,
        Self.joins(scalars[end], scalars[scalars.index(before: end)], scalars[next])
      {
        end = scalars.index(after: next)
      } else {
        break
      }
    }
    return end
  }

  /// Returns the end of a punctuation mark or symbol: a scalar and the scalars that modify it.
  private func endOfMark() -> String.Index {
    // These two are not combined with other scalars, since they would then be parsed as the mark of a side.
    let isMark = [PunctuationToken.gluedMark, PunctuationToken.blankMark].contains(scalars[position])
    var end = scalars.index(after: position)
    while !isMark, end < scalars.endIndex, Self.modifies(scalars[end]) { end = scalars.index(after: end) }
    return end
  }

  private static func joins(_ scalar: Unicode.Scalar, _ before: Unicode.Scalar, _ after: Unicode.Scalar) -> Bool {
    switch scalar {
    case "'", "’": before.properties.isAlphabetic && after.properties.isAlphabetic && isWord(after)
    case ",", ".": isDigit(before) && isDigit(after)
    default: false
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return ("a"..."z" ~= scalar) || ("A"..."Z" ~= scalar) || ("0"..."9" ~= scalar) }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
      return !isIdeographic(scalar)
    default: return false
    }
  }

  private static func modifies(_ scalar: Unicode.Scalar) -> Bool {
    guard !scalar.isASCII else { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .format: return true
    default: return false
    }
  }

  /// Returns a Boolean value indicating whether a scalar belongs to a script without blanks between words; each such
  /// scalar is a token.
  static func isIdeographic(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3001...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF00...0xFFEF, 0x20000...0x3FFFF:
      scalar != PunctuationToken.gluedMark
    default: false
    }
  }
}
