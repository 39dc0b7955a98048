import Foundation
import MynahIO
import MynahModels
import MynahTensors
import TestSupport
import Testing

struct SafetensorsFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("A file is read back as written: element types, rank 0, no elements, awkward names and metadata")
  func roundTrip() throws {
    let awkward = "quote \" slash \\ / line \n tab \t nul \u{0} bell \u{7} del \u{7f} é ü 漢 🐦 \u{2028}"
    var file = SafetensorsFile(metadata: ["": "", awkward: awkward, "configuration": "{\"layers\":[1]}"])
    file["scalar"] = StoredTensor(Tensor(-0.5))
    file["none"] = StoredTensor(Tensor(shape: [3, 0, 2], []))
    file["odd"] = StoredTensor(Tensor(shape: [3, 5], (0..<15).map { Float($0) / 3 }))
    file[awkward] = StoredTensor([UInt8.max, 0, 7])
    file[""] = StoredTensor([Int32.min, .max])
    file["int64"] = StoredTensor([Int64.min, .max, 0, 1], shape: [2, 2])
    file["uint64"] = StoredTensor([UInt64.max])
    file["double"] = StoredTensor([Double.pi, -.infinity])
    file["nan"] = StoredTensor([Float(bitPattern: 0x7fc0_1234), -0.0])
    try file.write(to: folder("a"))

    let read = try SafetensorsFile(contentsOf: folder("a"))
    #expect(read.metadata == file.metadata)
    #expect(read.names == ["uint64", "int64", "double", "nan", "none", "odd", "scalar", "", awkward])
    #expect(try read.tensor(named: "scalar", shape: []) == Tensor(-0.5))
    #expect(try read.tensor(named: "none").shape == [3, 0, 2])
    #expect(try read.tensor(named: "odd") == Tensor(shape: [3, 5], (0..<15).map { Float($0) / 3 }))
    #expect(try read.elements(named: awkward, as: UInt8.self) == [255, 0, 7])
    #expect(try read.elements(named: "", as: Int32.self) == [.min, .max])
    #expect(try read.elements(named: "int64", as: Int64.self, shape: [2, 2]) == [.min, .max, 0, 1])
    #expect(try read.elements(named: "uint64", as: UInt64.self) == [.max])
    #expect(try read.elements(named: "double", as: Double.self) == [.pi, -.infinity])
    #expect(try read.tensor(named: "nan").elements.map(\.bitPattern) == [0x7fc0_1234, 0x8000_0000])
    #expect(try read.text(of: "configuration") == "{\"layers\":[1]}")
  }

  @Test("The bytes match the reference writer's, including order and padding")
  func bytes() throws {
    var file = SafetensorsFile()
    try file.write(to: folder("empty"))
    #expect(try folder.bytes(of: "empty") == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))

    file = SafetensorsFile(metadata: ["b": "2", "B": "1"])
    file["bytes"] = StoredTensor([UInt8(9), 8])
    file["b"] = StoredTensor(Tensor([1]))
    file["a"] = StoredTensor(Tensor([2]))
    file["long"] = StoredTensor([Int64(3)])
    try file.write(to: folder("a"))
    var header =
      #"{"__metadata__":{"B":"1","b":"2"},"long":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},"#
      + #""bytes":{"dtype":"U8","shape":[2],"data_offsets":[16,18]}}"#
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let data: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 128, 63, 9, 8]
    #expect(try folder.bytes(of: "a") == safetensors(header, data))
  }

  @Test("A file from the reference writer is read and written again with the same bytes", arguments: 1...3)
  func ownWriter(layerCount: Int) throws {
    let name = "Fixtures/golden-lstm-\(layerCount)"
    let path = try #require(Bundle.module.path(forResource: name, ofType: "safetensors"))
    let file = try SafetensorsFile(contentsOf: path)
    #expect(try file.tensor(named: "finalState.0.cell").shape == [3, 9])
    try file.write(to: folder("a"))
    #expect(try folder.bytes(of: "a") == [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
  }

  @Test("Equal contents give equal bytes, whatever their insertion order")
  func deterministic() throws {
    for (path, order) in [("a", Array(0..<40)), ("b", (0..<40).reversed())] {
      var file = SafetensorsFile()
      for index in order {
        file.metadata["key \(index)"] = "\(index)"
        file["tensor \(index)"] = StoredTensor(Tensor([Float(index)]))
      }
      try file.write(to: folder(path))
    }
    #expect(try folder.bytes(of: "a") == folder.bytes(of: "b"))
  }

  @Test("Reading a missing tensor or one of another type or shape gives an error with what was expected and found")
  func lookups() throws {
    var file = SafetensorsFile()
    file["a"] = StoredTensor([Int64(1), 2])
    file["gone"] = StoredTensor(Tensor(1))
    file["gone"] = nil
    try file.write(to: folder("a"))
    file = try SafetensorsFile(contentsOf: folder("a"))
    let path = folder("a")
    #expect(throws: CheckpointError.missingTensor(path: path, name: "gone")) { try file.tensor(named: "gone") }
    #expect(throws: CheckpointError.missingMetadata(path: path, key: "k")) { try file.text(of: "k") }
    #expect(throws: CheckpointError.unexpectedElementType(path: path, name: "a", expected: .float32, found: .int64)) {
      try file.tensor(named: "a")
    }
    #expect(throws: CheckpointError.unexpectedElementType(path: path, name: "a", expected: .int32, found: .int64)) {
      try file.elements(named: "a", as: Int32.self)
    }
    let shapes = CheckpointError.unexpectedShape(path: path, name: "a", expected: [2, 1], found: [2])
    #expect(throws: shapes) { try file.elements(named: "a", as: Int64.self, shape: [2, 1]) }
    #expect("\(shapes)".contains("should have shape [2, 1] but has [2]"))
  }

  @Test("Tensors of every element type of the format are read and written with the right byte count")
  func elementTypes() throws {
    #expect(ElementType.allCases.count == 22)
    for type in ElementType.allCases {
      let byteCount = 4 * type.bitCount / 8
      let bytes = (0..<byteCount).map { UInt8($0) }
      let path = try folder.put(
        safetensors(#"{"a":{"dtype":"\#(type)","shape":[4],"data_offsets":[0,\#(byteCount)]}}"#, bytes), as: "in")
      let file = try SafetensorsFile(contentsOf: path)
      #expect(file["a"]?.elementType == type && file["a"]?.byteCount == byteCount)
      try file.write(to: folder("out"))
      #expect(try Array(folder.bytes(of: "out").suffix(byteCount)) == bytes)
    }
  }

  @Test("A write that cannot start changes nothing")
  func nothingLost() throws {
    try folder.put([7], as: "a")
    #expect(throws: FileError.self) { try SafetensorsFile().write(to: folder("a/b")) }
    #expect(try folder.bytes(of: "a") == [7])
    #expect(folder.names == ["a"])
  }
}

/// The bytes of a file with a given header.
func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] { safetensors(Array(header.utf8), data) }

func safetensors(_ header: [UInt8], _ data: [UInt8] = []) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
}
