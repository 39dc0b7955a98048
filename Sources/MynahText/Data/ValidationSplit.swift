import MynahIO

/// The split of a text into a training text and a validation text, which is the last tenth unless another share is set.
///
/// The validation text begins at the start of a line: the nearest one before nine tenths of the bytes, or else the
/// first one after. In a text of a single line it starts after a space, and in a text of a single word at a character
/// boundary.
package enum ValidationSplit {
  /// Returns the number of bytes that are not split off: nine tenths unless another share is set.
  static func middle(of byteCount: Int, share: Double = Corpus.defaultValidationShare) -> Int {
    require(share > 0 && share < 1, "the share for validation must be between 0 and 1, found \(share)")
    guard share != Corpus.defaultValidationShare else { return byteCount / 10 * 9 + byteCount % 10 * 9 / 10 }
    return Int((Double(byteCount) * (1 - share)).rounded(.down))
  }

  /// Returns the offset at which validation starts in a file; nil if the file cannot be split.
  ///
  /// - Parameters:
  ///   - middle: The offset near which to split.
  ///   - isFirst: A Boolean value indicating whether no text precedes the file; otherwise, the file's start counts as
  ///     the start of a line.
  ///   - isLast: A Boolean value indicating whether no text follows the file; otherwise, the file's end counts as the
  ///     start of a line.
  static func start(
    in source: ByteSource, near middle: Int, isFirst: Bool = true, isLast: Bool = true
  ) throws(FileError) -> Int? {
    let (newline, space) = (UInt8(ascii: "\n"), UInt8(ascii: " "))
    if let start = try source.start(after: newline, before: middle) { return start }
    if !isFirst { return 0 }
    if let start = try source.start(after: newline, from: middle) { return start }
    if !isLast { return source.byteCount }
    if let start = try source.start(after: space, before: middle) { return start }
    if let start = try source.start(after: space, from: middle) { return start }
    // These few bytes contain the character around the middle; a text that is not UTF-8 is rejected when it is read.
    let window = max(0, middle - 4)..<min(source.byteCount, middle + 5)
    return UTF8.cut(try source.bytes(window), near: middle - window.lowerBound).map { $0 + window.lowerBound }
  }
}

extension ByteSource {
  /// The number of bytes to read at a time.
  private var window: Int { 1 << 16 }

  /// Returns the offset after the last occurrence of a byte before an offset.
  fileprivate func start(after byte: UInt8, before end: Int) throws(FileError) -> Int? {
    var end = end
    while end > 0 {
      let start = max(0, end - window)
      if let index = try bytes(start..<end).lastIndex(of: byte) { return start + index + 1 }
      end = start
    }
    return nil
  }

  /// Returns the offset after the first occurrence of a byte at or after an offset; nil if that is the end.
  fileprivate func start(after byte: UInt8, from start: Int) throws(FileError) -> Int? {
    for start in stride(from: start, to: byteCount, by: window) {
      guard let index = try bytes(start..<min(start + window, byteCount)).firstIndex(of: byte) else { continue }
      return start + index + 1 < byteCount ? start + index + 1 : nil
    }
    return nil
  }
}
