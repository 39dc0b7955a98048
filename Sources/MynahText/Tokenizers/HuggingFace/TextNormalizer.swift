import Foundation
import MynahIO

/// A normalizer of a `tokenizer.json`, which changes a text before it is split.
indirect enum TextNormalizer: Sendable {
  case sequence([TextNormalizer])
  case composed(isCompatible: Bool)
  case decomposed(isCompatible: Bool)
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case prepend(String)
  case replace(TextPattern, String)
  case bert(cleans: Bool, spacesChinese: Bool, stripsAccents: Bool, lowercases: Bool)
  case characterMap(CharacterMap)
  case nmt
  case byteLevel

  /// Returns the normalized text.
  func callAsFunction(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .sequence(let parts): return parts.reduce(text) { $1($0) }
    case .composed(let isCompatible):
      return Self.mapped(text) {
        isCompatible ? $0.precomposedStringWithCompatibilityMapping : $0.precomposedStringWithCanonicalMapping
      }
    case .decomposed(let isCompatible):
      return Self.mapped(text) {
        isCompatible ? $0.decomposedStringWithCompatibilityMapping : $0.decomposedStringWithCanonicalMapping
      }
    case .lowercase: return text.flatMap { $0.properties.lowercaseMapping.unicodeScalars }
    case .strip(let left, let right):
      var rest = text[...]
      if left { rest = rest.drop { $0.properties.isWhitespace } }
      if right { while rest.last?.properties.isWhitespace == true { rest.removeLast() } }
      return Array(rest)
    case .stripAccents: return text.filter { !$0.isMark }
    case .prepend(let string): return text.isEmpty ? text : Array(string.unicodeScalars) + text
    case .replace(let pattern, let content): return Self.replaced(text, pattern, by: content)
    case .bert(let cleans, let spacesChinese, let stripsAccents, let lowercases):
      var text = text
      if cleans { text = Self.cleaned(text) }
      if spacesChinese { text = text.flatMap { Self.isChinese($0) ? [" ", $0, " "] : [$0] } }
      if stripsAccents {
        text = TextNormalizer.decomposed(isCompatible: false)(text)
          .filter { $0.properties.generalCategory != .nonspacingMark }
      }
      return lowercases ? TextNormalizer.lowercase(text) : text
    case .characterMap(let map): return map.replaced(text)
    case .nmt: return text.compactMap(Self.nmt)
    case .byteLevel: return Array(ByteAlphabet.string(of: String(String.UnicodeScalarView(text)).utf8).unicodeScalars)
    }
  }

  /// Returns a text with each match of a pattern replaced.
  static func replaced(_ text: [Unicode.Scalar], _ pattern: TextPattern, by content: String) -> [Unicode.Scalar] {
    var (result, end): ([Unicode.Scalar], Int) = ([], 0)
    for match in pattern.matches(in: text) {
      result += text[end..<match.lowerBound]
      result += content.unicodeScalars
      end = match.upperBound
    }
    return result + text[end...]
  }

  private static func mapped(_ text: [Unicode.Scalar], _ map: (String) -> String) -> [Unicode.Scalar] {
    guard text.contains(where: { $0.value >= 0x80 }) else { return text }
    return Array(map(String(String.UnicodeScalarView(text))).unicodeScalars)
  }

  private static func cleaned(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    text.compactMap { scalar in
      if scalar == "\t" || scalar == "\n" || scalar == "\r" { return " " }
      if scalar.value == 0 || scalar.value == 0xFFFD { return nil }
      switch scalar.properties.generalCategory {
      case .control, .format, .privateUse: return nil
      default: return scalar.properties.isWhitespace ? " " : scalar
      }
    }
  }

  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }

  private static func nmt(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: " "
    default: scalar
    }
  }
}
