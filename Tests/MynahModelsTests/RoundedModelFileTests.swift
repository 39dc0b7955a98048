import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

struct RoundedModelFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file() throws -> ModelFile {
    var random = RandomSource(seed: 2)
    let words = try Vocabulary(tokens: ["a", "b", "<unk>", "<eos>"])
    let model = LanguageModel(
      LanguageModelConfiguration(
        vocabulary: 4, embedding: 5, layers: [.lstm(6), .lstm(3)], initializer: .uniform(0.7)), using: &random)
    return ModelFile(model: model, tokenizer: .word(WordTokenizer(vocabulary: words)), notes: ["k": "v"])
  }

  @Test(
    "A rounded model is read back with the same bits and written again as the same bytes",
    arguments: WeightPrecision.allCases)
  func roundTrip(precision: WeightPrecision) throws {
    let rounded = try file().rounded(to: precision)
    try rounded.write(to: folder("m"))
    let read = try ModelFile(contentsOf: folder("m"))
    #expect(read.precision == precision && read.notes == ["k": "v"])
    for (left, right) in zip(rounded.model.parameters, read.model.parameters) {
      #expect(left.name == right.name && left.value == right.value)
    }
    try read.write(to: folder("again"))
    #expect(try folder.bytes(of: "m") == folder.bytes(of: "again"))
    // Unrounded weights that are only marked for rounding give the same file.
    var marked = try file()
    marked.precision = precision
    try marked.write(to: folder("marked"))
    #expect(try folder.bytes(of: "m") == folder.bytes(of: "marked"))
  }

  @Test("Each weight is off by at most half a step of its row, and biases are unchanged")
  func error() throws {
    let (original, rounded) = (try file(), try file().rounded(to: .int8))
    for (left, right) in zip(original.model.parameters, rounded.model.parameters) {
      guard left.value.shape.rank == 2 else {
        #expect(left.value == right.value)
        continue
      }
      let (columns, before, after) = (left.value.shape[1], left.value.elements, right.value.elements)
      for row in 0..<left.value.shape[0] {
        let range = row * columns..<(row + 1) * columns
        let step = (before[range].map(abs).max() ?? 0) / 127
        #expect(zip(before[range], after[range]).allSatisfy { abs($0 - $1) <= step * 0.501 })
      }
    }
  }

  /// The error of reading the file after a change.
  private func error(after change: (inout SafetensorsFile) -> Void) throws -> CheckpointError {
    try file().rounded(to: .int8).write(to: folder("m"))
    var tensors = try SafetensorsFile(contentsOf: folder("m"))
    change(&tensors)
    try tensors.write(to: folder("m"))
    return try #require(throws: CheckpointError.self) { try ModelFile(contentsOf: folder("m")) }
  }

  @Test("A file whose scales are missing, of the wrong shape or type, or invalid is refused")
  func damaged() throws {
    let scale = "recurrent.1.weight_hh_l0.scale"
    let path = folder("m")
    #expect(try error { $0[scale] = nil } == .missingTensor(path: path, name: scale))
    #expect(
      try error { $0[scale] = StoredTensor(Tensor.zeros([11])) }
        == .unexpectedShape(path: path, name: scale, expected: [12], found: [11]))
    #expect(
      try error { $0[scale] = StoredTensor([Int32](repeating: 0, count: 12)) }
        == .unexpectedElementType(path: path, name: scale, expected: .float32, found: .int32))
    for damage: Float in [.nan, .infinity, -1] {
      let found = try error { $0[scale] = StoredTensor(Tensor(shape: [12], repeating: damage)) }
      #expect("\(found)".contains("expected finite scales of 0 or more, found"))
    }
    #expect(
      try error { $0["output.weight"] = StoredTensor([Int8](repeating: 1, count: 4), shape: [2, 2]) }
        == .unexpectedShape(path: path, name: "output.weight", expected: [4, 3], found: [2, 2]))
    #expect(
      try error { $0["output.weight"] = StoredTensor(Tensor.zeros([4, 3])) }
        == .unexpectedElementType(path: path, name: "output.weight", expected: .int8, found: .float32))
    #expect(
      try error { $0["embedding.weight"] = StoredTensor(Tensor.zeros([4, 5])) }
        == .unexpectedElementType(
          path: path, name: "recurrent.0.weight_ih_l0", expected: .float32, found: .int8))
  }
}
