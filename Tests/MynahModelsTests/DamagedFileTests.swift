import Foundation
import MynahIO
import MynahModels
import MynahTensors
import TestSupport
import Testing

struct DamagedFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// The error of reading the bytes; success is recorded as an issue.
  func error(reading bytes: [UInt8]) throws -> CheckpointError {
    let path = try folder.put(bytes, as: "damaged")
    return try #require(throws: CheckpointError.self) { try SafetensorsFile(contentsOf: path) }
  }

  @Test("A file cut short at any byte is refused as truncated, and a longer one for its trailing bytes")
  func truncated() throws {
    var file = SafetensorsFile(metadata: ["k": "v"])
    file["weight"] = StoredTensor(Tensor(shape: [2, 2], [1, 2, 3, 4]))
    file["step"] = StoredTensor([Int64(5)])
    try file.write(to: folder("whole"))
    let whole = try folder.bytes(of: "whole")
    for length in 0..<whole.count {
      let error = try error(reading: Array(whole[..<length]))
      guard length > 0 else { continue }
      guard case .truncated(_, let expected, let found) = error else {
        Issue.record("\(length) bytes: \(error)")
        continue
      }
      #expect(found == length && expected > length && expected <= whole.count)
    }
    #expect(
      try error(reading: whole + [0])
        == .trailingBytes(
          path: folder("damaged"), expectedByteCount: whole.count, foundByteCount: whole.count + 1))
  }

  @Test("With any single byte of the header changed, a file is either read or refused without a crash")
  func anyByte() throws {
    var file = SafetensorsFile(metadata: ["k": "é\n"])
    file["w"] = StoredTensor(Tensor([1, 2]))
    try file.write(to: folder("whole"))
    let whole = try folder.bytes(of: "whole")
    var refused = 0
    for index in whole.indices.dropLast(8) {
      for byte: UInt8 in [0, 0x20, 0x22, 0x2d, 0x30, 0x39, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x80, 0xff] {
        var bytes = whole
        bytes[index] = byte
        let path = try folder.put(bytes, as: "damaged")
        do {
          _ = try SafetensorsFile(contentsOf: path)
        } catch is CheckpointError {
          refused += 1
        }
      }
    }
    #expect(refused > whole.count * 8)
  }

  /// A header with one tensor of eight bytes, whose entry has these members.
  static func entry(_ members: String) -> String { #"{"t":{\#(members)}}"# }

  /// A number nested in this many arrays.
  static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
  }

  static let goodEntry = #""dtype":"F32","shape":[2],"data_offsets":[0,8]"#

  @Test(
    "A header that breaks one rule of the format is refused with an error about that rule",
    arguments: [
      (#" {"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "does not begin with '{'"),
      ("", "does not begin with '{'"),
      ("[]", "does not begin with '{'"),
      ("{", "expected a key in double quotes, found the end"),
      ("{}{}", "expected nothing but spaces after the header's object, found '{'"),
      ("{}\0", "found the byte 0x0"),
      ("{,}", "expected a key"), (#"{"a"}"#, "expected a colon after 'a', found '}'"),
      (#"{"t":{},}"#, "expected an element type under 'dtype', found none"),
      (#"{"t":3}"#, "expected the object of tensor 't', found '3'"),
      (#"{"t":null}"#, "expected the object of tensor 't'"),
      (#"{"t":["F32",[2],[0,8]]}"#, "expected the object of tensor 't'"),
      (#"{"__metadata__":{},"__metadata__":{}}"#, "found '__metadata__' again"),
      (#"{"__metadata__":{"a":"1","a":"1"}}"#, "expected each key once in the metadata's object, found 'a' again"),
      (#"{"__metadata__":{"a":"1","\u0061":"2"}}"#, "found 'a' again"),
      (#"{"__metadata__":{"é":"1","e\u0301":"2"}}"#, "again"),
      (#"{"__metadata__":{"a":1}}"#, "expected text in double quotes as the metadata 'a', found '1'"),
      (#"{"__metadata__":{"a":null}}"#, "found 'n'"), (#"{"__metadata__":{"a":{}}}"#, "found '{'"),
      (#"{"__metadata__":[]}"#, "expected the metadata's object"),
      (#"{"__metadata__":{"a":"\x"}}"#, "one of"), (#"{"__metadata__":{"a":"\ud800"}}"#, "found half of one"),
      (#"{"__metadata__":{"a":"\udc00\ud800"}}"#, "half of one"), (#"{"__metadata__":{"a":"\u12g4"}}"#, "hexadecimal"),
      ("{\"__metadata__\":{\"a\":\"\n\"}}", "control character"), (#"{"__metadata__":{"a":"b"#, "closing double quote"),
      (#"{"t":{\#(goodEntry)},"t":{\#(goodEntry)}}"#, "found 't' again"),
      (
        entry(#"\#(goodEntry),"dtype":"F32""#),
        "expected each key once in the object of tensor 't', found 'dtype' again"
      ),
      (entry(#""shape":[2],"data_offsets":[0,8]"#), "element type under 'dtype'"),
      (entry(#""dtype":"F32","data_offsets":[0,8]"#), "sizes under 'shape'"),
      (entry(#""dtype":"F32","shape":[2]"#), "offsets under 'data_offsets'"),
      (entry(#""dtype":"f32","shape":[2],"data_offsets":[0,8]"#), "found 'f32'"),
      (entry(#""dtype":7,"shape":[2],"data_offsets":[0,8]"#), "element type in double quotes, found '7'"),
      (entry(#""dtype":"F32","shape":[-2],"data_offsets":[0,8]"#), "whole number from 0"),
      (entry(#""dtype":"F32","shape":[-0],"data_offsets":[0,0]"#), "found -0"),
      (entry(#""dtype":"F32","shape":[2.0],"data_offsets":[0,8]"#), "found 2.0"),
      (entry(#""dtype":"F32","shape":[2e0],"data_offsets":[0,8]"#), "found 2e0"),
      (entry(#""dtype":"F32","shape":[02],"data_offsets":[0,8]"#), "leading zero"),
      (entry(#""dtype":"F32","shape":["2"],"data_offsets":[0,8]"#), "expected a size, found '\"'"),
      (entry(#""dtype":"F32","shape":[2,],"data_offsets":[0,8]"#), "expected a size, found ']'"),
      (entry(#""dtype":"F32","shape":[18446744073709551618],"data_offsets":[0,8]"#), "found 18446744073709551618"),
      (entry(#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]"#), "size in whole bytes"),
      (entry(#""dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]"#), "size in whole bytes"),
      (entry(#""dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,0]"#), "size in whole bytes"),
      (entry(#""dtype":"F4","shape":[3],"data_offsets":[0,8]"#), "size in whole bytes"),
      (entry(#""dtype":"F32","shape":3,"data_offsets":[0,8]"#), "a shape, such as"),
      (entry(#""dtype":"F32","shape":[3],"data_offsets":[0,8]"#), "expected 12 bytes"),
      (entry(#""dtype":"F64","shape":[2],"data_offsets":[0,8]"#), "expected 16 bytes"),
      (entry(#""dtype":"F32","shape":[2],"data_offsets":[8,0]"#), "ends after its begin"),
      (entry(#""dtype":"F32","shape":[2],"data_offsets":[0]"#), "two data offsets"),
      (entry(#""dtype":"F32","shape":[2],"data_offsets":[0,8,8]"#), "two data offsets"),
      (entry(#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#), "data from offset 0 on"),
      (entry(#""dtype":"F32","shape":[2],"data_offsets":[-8,0]"#), "found -8"),
      (entry(#""dtype":"F32","shape":[3],"data_offsets":[0,12]"#), "cut short"),
      (entry(#""dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]"#), "size in whole"),
      (entry(#""dtype":"U8","shape":[1000000000000000000],"data_offsets":[0,1000000000000000000]"#), "cut short"),
      (entry(#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#), "too long"),
      ("{}", "too long"),
      (entry(#"\#(goodEntry),"x":\#(nested(126))"#), "at most 125 nested values, found one more"),
      (entry(#""x":tru,\#(goodEntry)"#), "'true'"), (entry(#""x":[1,{"y":]}],\#(goodEntry)"#), "expected a value"),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        "expected data from offset 4 on"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        "expected data from offset 3 on"
      ),
    ] as [(String, String)])
  func brokenRules(header: String, words: String) throws {
    let error = try error(reading: safetensors(header, [UInt8](repeating: 0, count: 8)))
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test(
    "Unusual headers that the format allows are accepted",
    arguments: [
      entry(goodEntry), entry(goodEntry) + " \n\t\r",
      #"{"t" : { "data_offsets" : [ 0 , 8 ] , "shape" : [ 2 ] , "dtype" : "F32" } }"#,
      entry(#"\#(goodEntry),"x":[1,-2.5e+3,0,{"y":null,"z":[true,false,"é\u00e9\ud83d\udc26"]},{}]"#),
      entry(#"\#(goodEntry),"x":\#(nested(125))"#),
      #"{"\u0074":{\#(goodEntry)}}"#, #"{"__metadata__":null,"t":{\#(goodEntry)}}"#,
      #"{"z":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},"t":{\#(goodEntry)},"#
        + #""y":{"dtype":"I8","shape":[5,0],"data_offsets":[0,0]}}"#,
    ])
  func allowed(header: String) throws {
    let path = try folder.put(safetensors(header, [0, 0, 128, 63, 0, 0, 0, 64]), as: "a")
    #expect(try SafetensorsFile(contentsOf: path).tensor(named: "t") == Tensor([1, 2]))
  }

  @Test("Hostile lengths and depths are refused without using memory or stack for them")
  func hostile() throws {
    for length: [UInt8] in [
      [0, 0xe1, 0xf5, 5, 0, 0, 0, 0], [1, 0xe1, 0xf5, 5, 0, 0, 0, 0], [UInt8](repeating: 0xff, count: 8),
      [0, 0, 0, 0, 0, 0, 0, 0x80],
    ] {
      _ = try error(reading: length + Array("{}          ".utf8))
    }
    let deep = String(repeating: "[", count: 1_000_000)
    #expect("\(try error(reading: safetensors(#"{"t":{"x":\#(deep)"#)))".contains("at most 125 nested values"))
    let objects = String(repeating: #"{"a":"#, count: 1_000_000)
    #expect("\(try error(reading: safetensors(#"{"t":{"x":\#(objects)"#)))".contains("nested values"))
    let digits = String(repeating: "9", count: 1_000_000)
    let error = try error(reading: safetensors(Self.entry(#""dtype":"F32","shape":[\#(digits)],"data_offsets":[0,8]"#)))
    #expect("\(error)".count < 400, "\("\(error)".prefix(400))")
  }

  @Test("Header bytes that are not UTF-8 are refused with their offset")
  func notUTF8() throws {
    for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]] {
      let error = try error(reading: safetensors(Array(#"{"__metadata__":{"a":""#.utf8) + bytes + Array("\"}}".utf8)))
      #expect(
        error
          == .malformedHeader(
            path: folder("damaged"), byteOffset: 30, expected: "UTF-8 text", found: "invalid bytes"))
    }
  }

  @Test("Missing files, folders, pipes and text files give different errors")
  func notAModel() throws {
    try folder.put(Array("Once upon a time there was a text.\n".utf8), as: "text")
    #expect(unsafe mkfifo(folder("pipe"), 0o600) == 0)
    let errors: [FileError] = [
      .noSuchFile(path: folder("none")), .isDirectory(path: folder.path),
      .irregular(path: "/dev/null", kind: "a device"),
      .noSuchFile(path: ""), .noSuchFile(path: folder("text/below")), .irregular(path: folder("pipe"), kind: "a pipe"),
    ]
    for (path, error) in zip(
      [folder("none"), folder.path, "/dev/null", "", folder("text/below"), folder("pipe")], errors)
    {
      #expect(throws: error) { try SafetensorsFile(contentsOf: path) }
    }
    // The first eight bytes of the last two end within a character.
    for text in ["Once upon a time there was a text.\n", "\t1\r\n2 ,3", "猫喜欢热茶。\n", "Bücherä.\n"] {
      try folder.put(Array(text.utf8), as: "text")
      let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(contentsOf: folder("text")) }
      #expect(error?.description.contains("is not a safetensors file: it is text") == true, "\(text)")
    }
    // Invalid UTF-8, and a control character.
    for start: [UInt8] in [[0xFF, 0xFE] + Array("abcdefgh".utf8), [1] + Array("abcdefgh".utf8)] {
      try folder.put(start, as: "text")
      let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(contentsOf: folder("text")) }
      #expect(error?.description.contains("its first 8 bytes") == true)
    }
  }

  @Test("A file without read permission gives a permission error", .enabled(if: geteuid() != 0))
  func unreadable() throws {
    try folder.put([1], as: "a")
    #expect(unsafe chmod(folder("a"), 0) == 0)
    #expect(throws: FileError.notPermitted(path: folder("a"))) {
      try SafetensorsFile(contentsOf: folder("a"))
    }
  }
}
