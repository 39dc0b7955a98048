import MynahIO
import MynahTensors

/// The header of a safetensors file: eight bytes of length and a JSON object.
///
/// `{"__metadata__":{KEY:TEXT…},NAME:{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},…}`, offsets from the data's
/// start. Source: `tensor.rs` of github.com/huggingface/safetensors, whose checks are all made here.
struct SafetensorsHeader {
  /// One tensor's place in the file.
  struct Entry: Equatable {
    let name: String
    let elementType: ElementType
    let shape: Shape
    let offsets: Range<Int>
  }

  var metadata: [String: String] = [:]
  /// In the order of the data.
  var entries: [Entry] = []

  /// The number of bytes of a file's first field, which contains the length of the JSON.
  static let lengthByteCount = 8

  /// The key of the metadata, which cannot be the name of a tensor.
  static let metadataKey = "__metadata__"

  /// The longest header that the format allows, in bytes.
  static let maximumByteCount = 100_000_000

  /// The length of the data after the header.
  var dataByteCount: Int { entries.last?.offsets.upperBound ?? 0 }
}

// MARK: Reading

extension SafetensorsHeader {
  private typealias Scanner = JSONScanner<CheckpointError>

  /// Parses and checks a header.
  ///
  /// - Parameter bytes: The JSON, without its length.
  /// - Throws: `CheckpointError` at the first violation of the format.
  init(path: String, bytes: [UInt8]) throws(CheckpointError) {
    guard bytes.first == UInt8(ascii: "{") else {
      throw .notSafetensors(path: path, found: "its header does not begin with '{'")
    }
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    var scanner = Scanner(bytes) { defect in
      CheckpointError.malformedHeader(
        path: path, byteOffset: Self.lengthByteCount + defect.offset, expected: defect.expected, found: defect.found)
    }
    try scanner.object("the header's object") { scanner, key throws(CheckpointError) in
      if key == Self.metadataKey {
        metadata = try Self.metadata(&scanner)
      } else {
        entries.append(try Self.entry(named: key, path: path, &scanner))
      }
    }
    try scanner.end("nothing but spaces after the header's object")
    entries.sort { ($0.offsets.lowerBound, $0.offsets.upperBound) < ($1.offsets.lowerBound, $1.offsets.upperBound) }
    try Self.checkPlaces(of: entries, path: path)
    self.init(metadata: metadata, entries: entries)
  }

  private static func metadata(_ scanner: inout Scanner) throws(CheckpointError) -> [String: String] {
    var metadata: [String: String] = [:]
    if try scanner.skipNull() { return metadata }
    try scanner.object("the metadata's object") { scanner, key throws(CheckpointError) in
      metadata[key] = try scanner.string("text in double quotes as the metadata '\(key)'")
    }
    return metadata
  }

  private static func entry(
    named name: String, path: String, _ scanner: inout Scanner
  ) throws(CheckpointError) -> Entry {
    func malformed(_ expected: String, _ found: String) -> CheckpointError {
      .malformedTensor(path: path, name: name, expected: expected, found: found)
    }
    var elementType: ElementType?
    var sizes: [Int]?
    var offsets: [Int]?
    try scanner.object("the object of tensor '\(name)'") { scanner, key throws(CheckpointError) in
      switch key {
      case "dtype":
        let text = try scanner.string("an element type in double quotes")
        elementType = ElementType(rawValue: text)
        guard elementType != nil else {
          throw malformed("an element type of the format, such as F32", text.quoted(40))
        }
      case "shape":
        sizes = try Self.wholeNumbers("a shape, such as [2, 3]", "a size", &scanner)
      case "data_offsets":
        offsets = try Self.wholeNumbers("the data's offsets, such as [0, 24]", "an offset", &scanner)
      default:
        // The format's own reader also ignores other keys.
        try scanner.skipValue()
      }
    }
    guard let elementType else { throw malformed("an element type under 'dtype'", "none") }
    guard let sizes else { throw malformed("sizes under 'shape'", "none") }
    guard let offsets else { throw malformed("offsets under 'data_offsets'", "none") }
    guard offsets.count == 2 else { throw malformed("two data offsets, begin and end", "\(offsets.count)") }
    guard offsets[0] <= offsets[1] else {
      throw malformed("data that ends after its begin", "the offsets \(offsets[0]) and \(offsets[1])")
    }
    guard let byteCount = byteCount(ofSizes: sizes, elementType) else {
      throw malformed("a size in whole bytes up to \(Int.max)", "\(elementType) elements in shape \(sizes)")
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw malformed(
        "\(byteCount) bytes for \(elementType) elements in shape \(sizes)",
        "\(offsets[1] - offsets[0]) bytes between its offsets")
    }
    return Entry(name: name, elementType: elementType, shape: Shape(sizes), offsets: offsets[0]..<offsets[1])
  }

  private static func wholeNumbers(
    _ what: String, _ element: String, _ scanner: inout Scanner
  ) throws(CheckpointError) -> [Int] {
    var numbers: [Int] = []
    try scanner.array(what) { scanner throws(CheckpointError) in numbers.append(try scanner.wholeNumber(element)) }
    return numbers
  }

  /// Returns the number of bytes of a tensor, or nil on overflow; multiplies the sizes in the same order as `Shape`,
  /// which must not overflow either.
  private static func byteCount(ofSizes sizes: [Int], _ elementType: ElementType) -> Int? {
    var count = 1
    for size in sizes {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return elementType.byteCount(ofElements: count)
  }

  /// Checks that the tensors cover the data without gaps or overlaps.
  private static func checkPlaces(of entries: [Entry], path: String) throws(CheckpointError) {
    var end = 0
    for entry in entries {
      guard entry.offsets.lowerBound == end else {
        throw .malformedTensor(
          path: path, name: entry.name, expected: "data from offset \(end) on, where the tensor before it ends",
          found: "offset \(entry.offsets.lowerBound)")
      }
      end = entry.offsets.upperBound
    }
  }
}

// MARK: Writing

extension SafetensorsHeader {
  /// Creates the header of tensors: largest element type first, so that each tensor is aligned, then by name.
  init(metadata: [String: String], laying tensors: [String: StoredTensor]) {
    let order = Dictionary(uniqueKeysWithValues: ElementType.allCases.enumerated().map { ($1, $0) })
    let sorted = tensors.sorted { left, right in
      let (leftOrder, rightOrder) = (order[left.value.elementType] ?? 0, order[right.value.elementType] ?? 0)
      return leftOrder != rightOrder ? leftOrder > rightOrder : left.key.precedesInBytes(right.key)
    }
    self.metadata = metadata
    var end = 0
    for (name, tensor) in sorted {
      let begin = end
      end += tensor.byteCount
      entries.append(
        Entry(name: name, elementType: tensor.elementType, shape: tensor.shape, offsets: begin..<end))
    }
  }

  /// Returns the length and the JSON, padded with spaces to a multiple of eight bytes; equal headers give equal bytes.
  func encoded() -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.precedesInBytes($1.key) }.map { "\($0.inJSON):\($1.inJSON)" }
      members.append("\(Self.metadataKey.inJSON):{\(texts.joined(separator: ","))}")
    }
    members += entries.map { entry in
      let sizes = entry.shape.sizes.map(String.init).joined(separator: ",")
      return "\(entry.name.inJSON):{\"dtype\":\"\(entry.elementType)\",\"shape\":[\(sizes)],"
        + "\"data_offsets\":[\(entry.offsets.lowerBound),\(entry.offsets.upperBound)]}"
    }
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    return UInt64(json.count).littleEndianBytes + json
  }
}

extension String {
  /// Returns a Boolean value indicating whether the text precedes another in the format's order: by UTF-8 bytes, not by
  /// the normalised characters that `<` compares.
  fileprivate func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  /// The text as a JSON string.
  fileprivate var inJSON: String { JSONValue.string(self).text }
}
