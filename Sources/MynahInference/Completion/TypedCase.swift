import Foundation

/// The case of the letters of a word that is being typed, for a search that ignores it.
struct TypedCase {
  /// The letters that were typed of the word.
  let prefix: String
  /// A Boolean value indicating whether the word is the first one of a sentence.
  let beginsSentence: Bool

  /// Returns a word in the case in which it is suggested: in capitals if at least two letters were typed, all of them
  /// capitals; with a capital first letter if the first typed letter is a capital, or at the beginning of a sentence;
  /// otherwise, as it is in the model.
  func callAsFunction(_ word: String) -> String {
    let letters = prefix.filter(\.isLetter)
    if letters.count > 1 && letters.allSatisfy(\.isUppercase) { return word.uppercased() }
    guard beginsSentence || prefix.first?.isUppercase == true else { return word }
    return word.prefix(1).uppercased() + word.dropFirst()
  }
}

/// The position in a sentence of a text that is read piece by piece.
struct SentencePosition {
  /// A Boolean value indicating whether the next word begins a sentence: it follows a line end, or a full stop,
  /// question mark, exclamation mark or ellipsis, with or without closing quotation marks and brackets.
  private(set) var isBeginning: Bool

  init(isBeginning: Bool) { self.isBeginning = isBeginning }

  mutating func read(_ piece: String) {
    for character in piece {
      if character.isNewline || ".!?…".contains(character) {
        isBeginning = true
      } else if !character.isWhitespace && !"\"'”’»)]".contains(character) {
        isBeginning = false
      }
    }
  }
}

extension [UInt8] {
  /// The bytes of a text, or of a part of one that may begin or end within a character, in lowercase.
  var lowercased: [UInt8] {
    if let text = String(validating: self, as: UTF8.self) { return Array(text.lowercased().utf8) }
    return map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}
