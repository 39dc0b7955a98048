import MynahIO

/// A range of a text file, for training or for validation.
struct TextPart: Sendable, Hashable {
  let path: String
  /// The byte range of the part in the file.
  let range: Range<Int>
  let isForValidation: Bool
  /// A Boolean value indicating whether the part extends to the end of the file, so that its last line counts as
  /// terminated.
  let endsFile: Bool

  /// Returns the parts of concatenated texts, the last tenth for validation (`ValidationSplit`).
  ///
  /// - Throws: `FileError` if a file cannot be read, `TextError` if the texts are too short to be split.
  static func parts(of paths: [String]) throws -> [TextPart] {
    precondition(!paths.isEmpty, "expected the path of a text, found none")
    let sizes = try paths.map { try InputFile(path: $0).byteCount }
    let total = sizes.reduce(0, +)
    guard total > 0 else { throw FileError.emptyText(path: paths[0]) }

    var (index, middle) = (0, ValidationSplit.middle(of: total))
    while index < paths.count - 1 && middle >= sizes[index] {
      middle -= sizes[index]
      index += 1
    }
    let start = try ValidationSplit.start(
      in: InputFile(path: paths[index]), near: middle, isFirst: index == 0, isLast: index == paths.count - 1)
    guard let start else { throw TextError.tooShortToHoldOut(path: paths[index]) }

    let parts = zip(paths, sizes).enumerated().flatMap { place, file in
      let (path, size) = file
      let end = place < index ? size : place == index ? start : 0
      return [
        TextPart(path: path, range: 0..<end, isForValidation: false, endsFile: end == size),
        TextPart(path: path, range: end..<size, isForValidation: true, endsFile: true),
      ]
    }
    return parts.filter { !$0.range.isEmpty }
  }
}
