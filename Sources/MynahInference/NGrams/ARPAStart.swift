import MynahIO

/// The beginning of an ARPA file: remarks, then the line `\data\`.
enum ARPAStart {
  /// The number of bytes at the beginning of a file in which `\data\` is searched for.
  static let byteCount = 1 << 16

  /// Returns a Boolean value indicating whether the first bytes of a file contain the line `\data\` after text.
  static func isFound(in bytes: ArraySlice<UInt8>) -> Bool {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if isTitle(line) { return true }
      // Text has no NUL bytes.
      if line.contains(0) { return false }
    }
    return false
  }

  /// Returns a Boolean value indicating whether a line is `\data\`.
  static func isTitle(_ line: ArraySlice<UInt8>) -> Bool {
    line.trimming { [0x20, 0x09, 0x0D].contains($0) }.elementsEqual("\\data\\".utf8)
  }

  /// Checks that the first bytes of a file are those of an ARPA file.
  ///
  /// - Throws: `InferenceError.notARPA`.
  static func check(_ bytes: ArraySlice<UInt8>, path: String) throws(InferenceError) {
    guard !isFound(in: bytes) else { return }
    let line = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).first ?? []
    if let other = others.first(where: { line.starts(with: $0.beginning.utf8) }) {
      throw .notARPA(path: path, found: "it is \(other.found)", advice: other.advice)
    }
    if bytes.contains(0) || UTF8.firstInvalidOffset(in: Array(line)) != nil {
      throw .notARPA(path: path, found: nil, advice: "name another file")
    }
    let found = bytes.isEmpty ? "it is empty" : "it begins with \(String(decoding: line, as: UTF8.self).quoted(60))"
    throw .notARPA(path: path, found: found, advice: "name another file, or copy it again")
  }

  /// Files that are often mistaken for ARPA files, by the beginning of their first line.
  private static let others: [(beginning: String, found: String, advice: String)] = [
    ("version https://git-lfs.github.com/", "a Git LFS pointer", "fetch the file with git lfs pull"),
    ("mmap lm http://kheafield.com/code", "a KenLM binary file", "use the ARPA file that it was made from"),
    ("iARPA", "an intermediate iARPA file from IRSTLM", "convert it with compile-lm --text=yes"),
    ("qARPA", "a quantised IRSTLM file", "use the ARPA file that it was made from"),
    ("blmt", "an IRSTLM binary file", "convert it with compile-lm --text=yes"),
    ("SRILM_BINARY_NGRAM", "an SRILM binary file", "convert it with SRILM's ngram -write-lm"),
  ]
}

extension ArraySlice {
  /// Returns the elements without those at both ends that match.
  func trimming(_ isMatch: (Element) -> Bool) -> ArraySlice {
    guard let last = lastIndex(where: { !isMatch($0) }) else { return [] }
    return self[...last].drop(while: isMatch)
  }
}
