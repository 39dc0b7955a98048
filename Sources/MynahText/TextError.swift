/// What can be wrong with a text, a data set or a vocabulary.
public enum TextError: Error, Hashable, Sendable {
  case noSuchFile(path: String)
  case isDirectory(path: String)
  case notADirectory(path: String)
  case notPermitted(path: String)
  case unreadable(path: String, reason: String)
  /// `offset` counts bytes from 0, `line` lines from 1.
  case notUTF8(path: String, offset: Int, line: Int, byte: UInt8)
  case utf16(path: String)
  case emptyText(path: String)
  case tooShortToHoldOut(path: String)
  case tooShortForBatches(tokenCount: Int, needed: Int, batchSize: Int, stepCount: Int)
  case missingFile(directory: String, role: String, found: [String])
  case ambiguousFiles(directory: String, role: String, found: [String])
  case duplicateToken(String, firstID: Int, secondID: Int)
  /// `line` and `column` count from 1, columns in Unicode scalars.
  case unknownToken(String, line: Int, column: Int)
  case notOneCharacter(token: String, id: Int)
  case unknownTokenizer(kind: String, known: [String])
  /// A token that has a place of its own, `role` ("mask token", …), stands among the others.
  case reservedToken(String, role: String, position: Int)
  case tooManyTokens(count: Int, maximum: Int)
  /// A string that a lookup without a place for unknown ones does not know.
  case unknownString(String)
  /// `line` counts from 1.
  case badEscape(line: Int, found: String)
  /// `offset` counts bytes from 0.
  case badJSON(offset: Int, expected: String)
  /// `part` names a field of a tokenizer's JSON, like `pre_tokenizer.type`.
  case badTokenizerJSON(part: String, expected: String, found: String)
  case badMerge(left: String, right: String, index: Int)
  case malformedTokenFile(path: String, expected: String, found: String)

  /// The family of an error, from which a program makes its exit code or status.
  package enum Kind: Sendable {
    case noSuchInput, badData, inputOutput
  }

  /// The error's family.
  package var kind: Kind {
    switch self {
    case .noSuchFile, .isDirectory, .notADirectory, .notPermitted: .noSuchInput
    case .unreadable: .inputOutput
    default: .badData
    }
  }
}

extension TextError: CustomStringConvertible {
  /// A sentence that says what was expected, what was found and what to do.
  public var description: String {
    switch self {
    case .noSuchFile(let path):
      "there is no file or folder at \(quoted(path)); check the path"
    case .isDirectory(let path):
      "expected a text file, found a folder at \(quoted(path)); name a file inside of it"
    case .notADirectory(let path):
      "expected a folder of text files, found a file at \(quoted(path)); name the folder that holds it"
    case .notPermitted(let path):
      "\(quoted(path)) may not be read by you; change its permissions or name a copy of it"
    case .unreadable(let path, let reason):
      "\(quoted(path)) cannot be read: \(reason)"
    case .notUTF8(let path, let offset, let line, let byte):
      "expected UTF-8 text, found the byte 0x\(hexadecimal(byte)) at offset \(offset) (line \(line)) of \(quoted(path)); "
        + "convert the file, for example with iconv -f latin1 -t utf-8"
    case .utf16(let path):
      "expected UTF-8 text, found a UTF-16 byte order mark at the start of \(quoted(path)); "
        + "convert the file, for example with iconv -f utf-16 -t utf-8"
    case .emptyText(let path):
      "expected text, found nothing but white space in \(quoted(path))"
    case .tooShortToHoldOut(let path):
      "\(quoted(path)) is too short to hold out a tenth of it for validation; give more text, or a folder with files for "
        + "train and valid"
    case .tooShortForBatches(let tokenCount, let needed, let batchSize, let stepCount):
      "the text has \(tokenCount) tokens, but a batch of \(batchSize) rows and \(stepCount) steps needs at least "
        + "\(needed); give more text, or choose a smaller batch or fewer steps"
    case .missingFile(let directory, let role, let found):
      "expected a file whose name contains \(quoted(role)) in \(quoted(directory)), found \(list(found)); "
        + "rename the file or name it instead of the folder"
    case .ambiguousFiles(let directory, let role, let found):
      "expected one file for \(quoted(role)) in \(quoted(directory)), found \(list(found)); "
        + "put the files of one data set in a folder of their own"
    case .duplicateToken(let token, let firstID, let secondID):
      "expected every token of a vocabulary once, found \(quoted(token)) as number \(firstID) and \(secondID)"
    case .unknownToken(let token, let line, let column):
      "\(quoted(token)) at line \(line), column \(column) is not in the vocabulary, which has no "
        + "\(Vocabulary.unknown) to stand for it; train on text that contains it, or remove it"
    case .notOneCharacter(let token, let id):
      "expected a single character as token \(id) of a character vocabulary, found \(quoted(token))"
    case .unknownTokenizer(let kind, let known):
      "expected a tokenizer of the kind \(known.joined(separator: " or ")), found \(quoted(kind)); "
        + "the file may come from a newer version"
    case .reservedToken(let token, let role, let position):
      "expected the \(role) \(quoted(token)) in front or not at all, found it as token \(position); remove it there"
    case .tooManyTokens(let count, let maximum):
      "expected at most \(maximum) tokens, found \(count), those with places of their own counted; raise the maximum or "
        + "shorten the list"
    case .unknownString(let string):
      "\(quoted(string)) is not in the vocabulary, which has no place for unknown strings; make one or remove the string"
    case .badEscape(let line, let found):
      "expected \\\\, \\n, \\r or \\u{FEFF} in line \(line) of a vocabulary, found \(quoted(found)); write a backslash as \\\\"
    case .badJSON(let offset, let expected):
      "expected \(expected) at offset \(offset) of a JSON text; the file is damaged or of another kind"
    case .badTokenizerJSON(let part, let expected, let found):
      "expected \(expected) as \(quoted(part)) of a tokenizer in JSON, found \(found); "
        + "export a tokenizer of a kind that is supported"
    case .badMerge(let left, let right, let index):
      "merge \(index) joins \(quoted(left)) and \(quoted(right)), but these or what they join to are not in the "
        + "vocabulary; the file is damaged"
    case .malformedTokenFile(let path, let expected, let found):
      "the token file \(quoted(path)) is damaged: expected \(expected), found \(found); make it anew with mynah prepare"
    }
  }
}

/// The text in quotation marks, control characters escaped, so that it stays on one line.
private func quoted(_ text: String) -> String {
  var result = "“"
  for scalar in text.unicodeScalars {
    result += scalar.value < 32 || scalar.value == 127 ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return result + "”"
}

private func list(_ names: [String]) -> String {
  guard !names.isEmpty else { return "no text file" }
  let shown = names.prefix(8).map(quoted).joined(separator: ", ")
  return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
}

private func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return byte < 16 ? "0" + digits : digits
}
