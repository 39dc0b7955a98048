import MynahIO

/// An error in a text, a data set, a vocabulary or a tokenizer; file system errors are `FileError`s.
public enum TextError: Error, Hashable, Sendable {
  /// A text, in memory if there is no path, is too short to be split.
  case tooShortToHoldOut(path: String?)
  case tooShortForBatches(tokenCount: Int, needed: Int, batchSize: Int, stepCount: Int)
  case missingFile(directory: String, role: String, found: [String])
  case ambiguousFiles(directory: String, role: String, found: [String])
  /// A folder contains no text.
  case noTexts(directory: String, extensions: [String])
  case duplicateToken(String, firstID: Int, secondID: Int)
  /// A token that contains a line end and other characters cannot be a line of a list.
  case lineEndInToken(String, id: Int)
  /// `line` and `column` count from 1; columns are Unicode scalars.
  case unknownToken(String, line: Int, column: Int)
  case notOneCharacter(token: String, id: Int)
  /// A vocabulary of this kind of tokens cannot be extended.
  case notExtensible(kind: String)
  case unknownTokenizer(kind: String, known: [String])
  /// A reserved token with the given `role` ("mask token", …) appears among the other tokens.
  case reservedToken(String, role: String, position: Int)
  case tooManyTokens(count: Int, maximum: Int)
  /// A string that is not in a lookup without OOV indices.
  case unknownString(String)
  /// `offset` counts bytes from 0.
  case badJSON(offset: Int, expected: String, found: String)
  /// `part` is the path of a field in a tokenizer's JSON, such as `pre_tokenizer.type`.
  case badTokenizerJSON(part: String, expected: String, found: String)
  case badMerge(left: String, right: String, index: Int)
  case malformedTokenFile(path: String, expected: String, found: String)
}

extension TextError: CustomStringConvertible {
  /// A message with what was expected, what was found and the remedy.
  public var description: String {
    switch self {
    case .tooShortToHoldOut(let path):
      "\(path?.quoted() ?? "the text") is too short to split off a part for validation; use more text, or a separate "
        + "validation file"
    case .tooShortForBatches(let tokenCount, let needed, let batchSize, let stepCount):
      "the text has \(tokenCount) tokens, but a batch of \(batchSize) rows and \(stepCount) steps needs at least "
        + "\(needed); use more text, or choose a smaller batch or fewer steps"
    case .missingFile(let directory, let role, let found):
      "expected a file whose name contains \(role.quoted()) in \(directory.quoted()), found \(list(found)); "
        + "rename the file or name it instead of the folder"
    case .ambiguousFiles(let directory, let role, let found):
      "expected one file for \(role.quoted()) in \(directory.quoted()), found \(list(found)); "
        + "put the files of each data set in a folder of their own"
    case .noTexts(let directory, let extensions):
      "expected texts in the folder \(directory.quoted()), found no file whose name ends with "
        + "\(extensions.map { "." + $0 }.joined(separator: ", ")); name the files"
    case .duplicateToken(let token, let firstID, let secondID):
      "expected every token of a vocabulary once, found \(token.quoted()) as tokens \(firstID) and \(secondID)"
    case .lineEndInToken(let token, let id):
      "token \(id), \(token.quoted()), contains a line end and other characters, so it cannot be listed on a line; "
        + "store the vocabulary as JSON"
    case .unknownToken(let token, let line, let column):
      "\(token.quoted()) at line \(line), column \(column) is not in the vocabulary, which has no "
        + "\(Vocabulary.unknown) to stand for it; train on text that contains it, or remove it"
    case .notOneCharacter(let token, let id):
      "expected a single character as token \(id) of a character vocabulary, found \(token.quoted())"
    case .notExtensible(let kind):
      "a vocabulary of the kind \(kind.quoted()) cannot be extended; expected words or characters"
    case .unknownTokenizer(let kind, let known):
      "expected a tokenizer of the kind \(known.joined(separator: " or ")), found \(kind.quoted()); "
        + "the file may come from a newer version"
    case .reservedToken(let token, let role, let position):
      "expected the \(role) \(token.quoted()) in front or not at all, found it as token \(position); remove it there"
    case .tooManyTokens(let count, let maximum):
      "expected at most \(maximum) tokens, found \(count), including the reserved ones; raise the maximum "
        + "or shorten the list"
    case .unknownString(let string):
      "\(string.quoted()) is not in the vocabulary, which has no index for unknown strings; add one or remove "
        + "the string"
    case .badJSON(let offset, let expected, let found):
      "expected \(expected) at offset \(offset) of a JSON text, found \(found); the file is damaged or in "
        + "another format"
    case .badTokenizerJSON(let part, let expected, let found):
      "expected \(expected) as \(part.quoted()) of a tokenizer in JSON, found \(found); "
        + "export a tokenizer of a supported kind"
    case .badMerge(let left, let right, let index):
      "merge \(index) joins \(left.quoted()) and \(right.quoted()), but these or what they join to are not in the "
        + "vocabulary; the file is damaged"
    case .malformedTokenFile(let path, let expected, let found):
      "the token file \(path.quoted()) is damaged: expected \(expected), found \(found); prepare it again"
    }
  }
}

private func list(_ names: [String]) -> String { names.isEmpty ? "no text file" : names.quotedList() }
