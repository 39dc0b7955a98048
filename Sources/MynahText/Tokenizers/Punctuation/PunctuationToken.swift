/// A token of `PunctuationTokenizer`: a word or a punctuation mark, with or without a blank on each side.
///
/// The core implies the usual blanks: one before a word, none before “,”, and none after “(”. Where a text differs, the
/// token is written with a mark on that side.
struct PunctuationToken: Sendable {
  /// The mark of a side without a blank, where the core implies a blank.
  static let gluedMark: Unicode.Scalar = "\u{FFED}"
  /// The mark of a side with a blank, where the core implies none.
  static let blankMark: Unicode.Scalar = "\u{2581}"

  /// The word or punctuation mark.
  var core: Substring.UnicodeScalarView
  /// A Boolean value indicating whether a blank precedes the token; nil: as implied by the core.
  var blankBefore: Bool?
  /// A Boolean value indicating whether a blank may follow the token; nil: as implied by the core.
  var blankAfter: Bool?

  init(core: Substring.UnicodeScalarView, blankBefore: Bool? = nil, blankAfter: Bool? = nil) {
    (self.core, self.blankBefore, self.blankAfter) = (core, blankBefore, blankAfter)
  }

  /// Parses a token as it is written in a vocabulary.
  init(_ written: String) {
    var core = written.unicodeScalars[...]
    // A single scalar is always a core, even if it is one of the marks.
    func side(_ scalar: Unicode.Scalar?) -> Bool? {
      guard core.count > 1, let scalar else { return nil }
      return scalar == Self.blankMark ? true : scalar == Self.gluedMark ? false : nil
    }
    let before = side(core.first)
    if before != nil { core.removeFirst() }
    let after = side(core.last)
    if after != nil { core.removeLast() }
    self.init(core: Substring(core).unicodeScalars, blankBefore: before, blankAfter: after)
  }

  /// The token as it is written in a vocabulary.
  var written: String {
    func mark(_ side: Bool?) -> String { side.map { String($0 ? Self.blankMark : Self.gluedMark) } ?? "" }
    return mark(blankBefore) + String(core) + mark(blankAfter)
  }

  /// A Boolean value indicating whether the token is written as its core alone.
  var isUnmarked: Bool { blankBefore == nil && blankAfter == nil }

  /// A Boolean value indicating whether a blank precedes the token, unless the previous token permits no blank after
  /// it.
  var followsBlank: Bool { blankBefore ?? impliesBlankBefore }

  /// A Boolean value indicating whether a blank may follow the token.
  var permitsBlankAfter: Bool { blankAfter ?? !(core.count == 1 && core.first.map(Self.opens) ?? false) }

  private var impliesBlankBefore: Bool {
    guard core.count == 1, let scalar = core.first else { return true }
    // A straight quotation mark ends a quotation, unless it is marked as beginning one.
    return Self.isStraightQuote(scalar) ? blankAfter == false : !Self.closes(scalar)
  }

  /// Returns a Boolean value indicating whether a scalar is written without a blank before it.
  static func closes(_ scalar: Unicode.Scalar) -> Bool {
    closing.contains(scalar) || PunctuationScanner.isIdeographic(scalar)
  }

  /// Returns a Boolean value indicating whether a scalar is written without a blank after it.
  static func opens(_ scalar: Unicode.Scalar) -> Bool { opening.contains(scalar) }

  /// Returns a Boolean value indicating whether a scalar begins and ends quotations.
  static func isStraightQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "\"" || scalar == "'" }

  private static let closing = Set(",.;:!?)]}%”’»…°\"'-/—".unicodeScalars)
  private static let opening = Set("([{“‘«„‚¿¡$£€#@-/—".unicodeScalars)
}
