import MynahIO

/// A stretch of a text file: either to learn or to validate with.
struct TextPart: Sendable, Hashable {
  let path: String
  /// Its bytes in the file.
  let range: Range<Int>
  let isForValidation: Bool
  /// Whether the file ends with it, so that its last line counts as ended.
  let endsFile: Bool

  /// The stretches of texts one behind another, of which the last tenth is held out as in `Corpus`: from the start of a line
  /// if there is one, else from a word's.
  ///
  /// - Throws: When a file cannot be read, or when there is nothing to hold out.
  static func parts(of paths: [String]) throws(TextError) -> [TextPart] {
    precondition(!paths.isEmpty, "expected the path of a text, found none")
    var sizes: [Int] = []
    for path in paths { sizes.append(try InputFile.ofText(at: path).byteCount) }
    let total = sizes.reduce(0, +)
    guard total > 0 else { throw .emptyText(path: paths[0]) }

    var (index, middle) = (0, total / 10 * 9 + total % 10 * 9 / 10)
    while index < paths.count - 1 && middle >= sizes[index] {
      middle -= sizes[index]
      index += 1
    }
    let split = try heldOutStart(
      in: .ofText(at: paths[index]), near: middle, path: paths[index], isFirst: index == 0,
      isLast: index == paths.count - 1)

    let parts = zip(paths, sizes).enumerated().flatMap { place, file in
      let (path, size) = file
      let end = place < index ? size : place == index ? split : 0
      return [
        TextPart(path: path, range: 0..<end, isForValidation: false, endsFile: end == size),
        TextPart(path: path, range: end..<size, isForValidation: true, endsFile: true),
      ]
    }
    return parts.filter { !$0.range.isEmpty }
  }

  private static func heldOutStart(
    in file: InputFile, near middle: Int, path: String, isFirst: Bool, isLast: Bool
  ) throws(TextError) -> Int {
    let (newline, space) = (UInt8(ascii: "\n"), UInt8(ascii: " "))
    if let before = try file.lastIndex(of: newline, before: middle) { return before + 1 }
    if !isFirst { return 0 }
    if let behind = try file.firstIndex(of: newline, from: middle), behind + 1 < file.byteCount { return behind + 1 }
    if !isLast { return file.byteCount }
    if let before = try file.lastIndex(of: space, before: middle) { return before + 1 }
    if let behind = try file.firstIndex(of: space, from: middle), behind + 1 < file.byteCount { return behind + 1 }
    // The byte where a character begins.
    var start = max(middle, 1)
    while start < file.byteCount, try file.textBytes(start..<start + 1)[0] & 0xC0 == 0x80 { start += 1 }
    guard start < file.byteCount else { throw .tooShortToHoldOut(path: path) }
    return start
  }
}

extension InputFile {
  private static var window: Int { 1 << 16 }

  /// The offset of a byte's last occurrence before an offset.
  fileprivate func lastIndex(of byte: UInt8, before end: Int) throws(TextError) -> Int? {
    var end = end
    while end > 0 {
      let start = max(0, end - Self.window)
      if let index = try textBytes(start..<end).lastIndex(of: byte) { return start + index }
      end = start
    }
    return nil
  }

  /// The offset of a byte's first occurrence from an offset on.
  fileprivate func firstIndex(of byte: UInt8, from start: Int) throws(TextError) -> Int? {
    for start in stride(from: start, to: byteCount, by: Self.window) {
      let bytes = try textBytes(start..<min(start + Self.window, byteCount))
      if let index = bytes.firstIndex(of: byte) { return start + index }
    }
    return nil
  }
}
