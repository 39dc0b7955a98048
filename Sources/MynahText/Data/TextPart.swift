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
  /// A Boolean value indicating whether a part of another file follows in the same split, so that a last line without a
  /// line end gets one.
  var isFollowed = false

  /// Returns the parts of concatenated texts, the last share for validation (`ValidationSplit`).
  ///
  /// - Throws: `FileError` if a file cannot be read, `TextError` if the texts are too short to be split.
  static func parts(of paths: [String], validationShare share: Double) throws -> [TextPart] {
    require(!paths.isEmpty, "expected the path of a text, found none")
    let sizes = try paths.map { try InputFile(path: $0).byteCount }
    let total = sizes.reduce(0, +)
    guard total > 0 else { throw FileError.emptyText(path: paths[0]) }

    var (index, middle) = (0, ValidationSplit.middle(of: total, share: share))
    while index < paths.count - 1 && middle >= sizes[index] {
      middle -= sizes[index]
      index += 1
    }
    let start = try ValidationSplit.start(
      in: .file(InputFile(path: paths[index])), near: middle, isFirst: index == 0, isLast: index == paths.count - 1)
    guard let start else { throw TextError.tooShortToHoldOut(path: paths[index]) }

    let parts = zip(paths, sizes).enumerated().flatMap { place, file in
      let (path, size) = file
      let end = place < index ? size : place == index ? start : 0
      return [
        TextPart(path: path, range: 0..<end, isForValidation: false, endsFile: end == size),
        TextPart(path: path, range: end..<size, isForValidation: true, endsFile: true),
      ]
    }
    return followed(parts.filter { !$0.range.isEmpty })
  }

  /// Returns whole texts as the training split.
  static func wholeParts(of paths: [String]) throws -> [TextPart] {
    followed(
      try paths.map { path in
        TextPart(path: path, range: 0..<(try InputFile(path: path).byteCount), isForValidation: false, endsFile: true)
      }.filter { !$0.range.isEmpty })
  }

  private static func followed(_ parts: [TextPart]) -> [TextPart] {
    parts.enumerated().map { index, part in
      var part = part
      part.isFollowed = index + 1 < parts.count && parts[index + 1].isForValidation == part.isForValidation
      return part
    }
  }
}
