import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

struct ModelFileTests {
  let folder: ScratchFolder
  let original: ModelFile

  init() throws {
    folder = try ScratchFolder()
    let vocabulary = try Vocabulary(tokens: ["<unk>", "<eos>", "a", "é\"\\", "🐦", " "])
    var random = RandomSource(seed: 12)
    let model = LanguageModel(
      LanguageModelConfiguration(
        vocabulary: 6, embedding: 3, layers: [.lstm(4), .lstm(2)],
        dropout: DropoutRates(layerInput: 0.1, hidden: 0.3, output: 0.3), initializer: .uniform(0.3)),
      using: &random)
    original = ModelFile(
      model: model, tokenizer: .word(WordTokenizer(vocabulary: vocabulary)), notes: ["training": "{\"epochs\":3}"])
    try original.write(to: folder("model"))
  }

  @Test("A model file is read back exactly")
  func roundTrip() throws {
    let read = try ModelFile(contentsOf: folder("model"))
    #expect(read.model.configuration == original.model.configuration)
    #expect(read.model.parameters.map(\.name) == original.model.parameters.map(\.name))
    #expect(read.model.parameters.map(\.value) == original.model.parameters.map(\.value))
    #expect(read.tokenizer.vocabulary == original.tokenizer.vocabulary)
    #expect(read.tokenizer.kind == "word")
    #expect(read.notes == ["training": "{\"epochs\":3}"])
  }

  @Test(
    "The state policy is read back, and carrying is the default",
    arguments: StatePolicy.simple + [.windows(length: 9)])
  func statePolicies(policy: StatePolicy) throws {
    var file = original
    #expect(file.statePolicy == .carry)
    file.statePolicy = policy
    try file.write(to: folder("policy"))
    let read = try ModelFile(contentsOf: folder("policy"))
    #expect(read.statePolicy == policy && read.notes == original.notes)
    #expect(read.rounded(to: .int8).statePolicy == policy)
    #expect(try SafetensorsFile(contentsOf: folder("policy")).metadata.keys.contains("state") == (policy != .carry))
  }

  @Test("Equal models give equal bytes, even after reading")
  func deterministic() throws {
    try original.write(to: folder("again"))
    try ModelFile(contentsOf: folder("model")).write(to: folder("copy"))
    let bytes = try folder.bytes(of: "model")
    #expect(try folder.bytes(of: "again") == bytes)
    #expect(try folder.bytes(of: "copy") == bytes)
  }

  @Test("Names and shapes are PyTorch's: two biases per layer, the second one zero")
  func names() throws {
    let file = try SafetensorsFile(contentsOf: folder("model"))
    #expect(
      Set(file.names) == [
        "embedding.weight", "output.weight", "output.bias",
        "recurrent.0.weight_ih_l0", "recurrent.0.weight_hh_l0", "recurrent.0.bias_ih_l0", "recurrent.0.bias_hh_l0",
        "recurrent.1.weight_ih_l0", "recurrent.1.weight_hh_l0", "recurrent.1.bias_ih_l0", "recurrent.1.bias_hh_l0",
      ])
    #expect(try file.tensor(named: "recurrent.1.weight_ih_l0").shape == [8, 4])
    #expect(try file.tensor(named: "recurrent.1.bias_hh_l0") == .zeros([8]))
    #expect(file.metadata.keys.sorted() == ["configuration", "mynah", "tokenizer", "training"])
    #expect(original.model.architecture.parameterSpecs.map(\.name) == original.model.parameters.map(\.name))
    #expect(original.model.architecture.parameterSpecs.map(\.shape) == original.model.parameters.map(\.value.shape))
  }

  @Test("A second bias that PyTorch trained is added to the first")
  func secondBias() throws {
    var file = try SafetensorsFile(contentsOf: folder("model"))
    let first = Tensor(shape: [16], (0..<16).map { Float($0) / 8 })
    file["recurrent.0.bias_ih_l0"] = StoredTensor(first)
    file["recurrent.0.bias_hh_l0"] = StoredTensor(Tensor(shape: [16], repeating: 0.5))
    try file.write(to: folder("torch"))
    let read = try ModelFile(contentsOf: folder("torch"))
    #expect(read.model.parameters[3].value == first + 0.5)
  }

  /// The error of reading the file after a change to it.
  func error(_ change: (inout SafetensorsFile) throws -> Void) throws -> CheckpointError {
    var file = try SafetensorsFile(contentsOf: folder("model"))
    try change(&file)
    try file.write(to: folder("changed"))
    let error = try #require(throws: CheckpointError.self) { try ModelFile(contentsOf: folder("changed")) }
    let sentence = "\(error)"
    #expect(sentence.contains("changed'") && sentence.count < 600, "\(sentence)")
    #expect(sentence.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(sentence)")
    return error
  }

  @Test("Errors name a missing tensor, or one of the wrong shape or element type")
  func tensors() throws {
    let path = folder("changed")
    for name in try SafetensorsFile(contentsOf: folder("model")).names {
      #expect(try error { $0[name] = nil } == .missingTensor(path: path, name: name))
      let integers = try error { file in
        let shape = try file.tensor(named: name).shape
        file[name] = StoredTensor([Int32](repeating: 1, count: shape.elementCount), shape: shape)
      }
      #expect(integers == .unexpectedElementType(path: path, name: name, expected: .float32, found: .int32))
      guard case .unexpectedShape(_, name, _, [3, 5]) = try error({ $0[name] = StoredTensor(.zeros([3, 5])) }) else {
        Issue.record("\(name) of a wrong shape")
        continue
      }
    }
  }

  @Test(
    "Errors name a missing metadata key, or one with an invalid value",
    arguments: ["configuration", "tokenizer"])
  func metadata(key: String) throws {
    #expect(try error { $0.metadata[key] = nil } == .missingMetadata(path: folder("changed"), key: key))
    for text in [
      "", "training", "{", "{}", "null", "[]", "3", "\"\"", "\u{0}", "\u{1b}[2J\n",
      String(repeating: "[", count: 100_000),
    ] {
      let error = try error { $0.metadata[key] = text }
      guard case .unexpectedMetadata(_, key, _, _) = error else {
        Issue.record("\(text.prefix(20)): \(error)")
        continue
      }
    }
  }

  @Test(
    "A file with any invalid field in its configuration is refused with a short error",
    arguments: [
      "\"vocabularySize\":6", "\"embeddingSize\":3", "{\"hiddenSize\":4,\"kind\":\"lstm\"}", "\"hiddenSize\":4",
      "\"hiddenSize\":2", "\"initializer\":{\"bound\":", "\"kind\":\"lstm\"", "\"layerInput\":", "\"output\":0",
      "\"weights\":",
    ])
  func configuration(field: String) throws {
    let original = try SafetensorsFile(contentsOf: folder("model")).text(of: "configuration")
    let range = try #require(original.range(of: field), "\(original)")
    let valueStart = original[..<range.upperBound].lastIndex(of: ":").map(original.index(after:)) ?? range.lowerBound
    let isWhole = field.hasPrefix("{")
    let start = isWhole ? range.lowerBound : valueStart
    let end = isWhole ? range.upperBound : original[start...].firstIndex { ",}".contains($0) } ?? original.endIndex
    // A rate of 0 means no dropout; a rate of 1 would drop everything.
    let isRate = ["layerInput", "output", "weights"].contains { field.contains("\"\($0)\"") }
    let values = [
      isRate ? "1" : "0", "-1", "-9223372036854775808", "1e999", "null", "true", "\"x\"", "[]", "{}", "", "1\n2",
    ]
    for value in values {
      _ = try error { $0.metadata["configuration"] = original.replacingCharacters(in: start..<end, with: value) }
    }
    _ = try error {
      $0.metadata["configuration"] = original.replacingOccurrences(of: field, with: field.replacing("\"", with: "\"x"))
    }
    guard field.contains("Size"), !isWhole else { return }
    for value in ["1", "5", "16777216", "16777217", "9223372036854775807", "1e30", "2.5"] {
      _ = try error { $0.metadata["configuration"] = original.replacingCharacters(in: start..<end, with: value) }
    }
  }

  @Test("A configuration without layers, or whose layers do not match the tensors, is refused")
  func layers() throws {
    let original = try SafetensorsFile(contentsOf: folder("model")).text(of: "configuration")
    let layer = "{\"hiddenSize\":16777216,\"kind\":\"lstm\"}"
    for layers in ["", layer, "\(layer),\(layer)", Array(repeating: layer, count: 20_000).joined(separator: ",")] {
      let range = try #require(
        original.range(of: "[{\"hiddenSize\":4,\"kind\":\"lstm\"},{\"hiddenSize\":2,\"kind\":\"lstm\"}]"))
      _ = try error {
        $0.metadata["configuration"] = original.replacingCharacters(in: range, with: "[\(layers)]")
      }
    }
  }

  @Test("A file of another kind is refused, whatever its kind is called")
  func kinds() throws {
    for kind in [nil, "", "training", "Model", "model ", "\u{1b}[2J\n", String(repeating: "[", count: 100_000)] {
      let found = try error { $0.metadata["mynah"] = kind }
      #expect(found == .unexpectedKind(path: folder("changed"), expected: "model", found: kind))
    }
  }

  @Test("A tokenizer with another size, an unknown kind or a duplicate token is refused")
  func tokenizers() throws {
    let smaller = try Vocabulary(tokens: ["<unk>", "<eos>"])
    let found = try error {
      $0.metadata["tokenizer"] = try SafetensorsFile.encode(AnyTokenizer.word(WordTokenizer(vocabulary: smaller)))
    }
    #expect(
      found
        == .unexpectedMetadata(path: folder("changed"), key: "tokenizer", expected: "6 tokens", found: "2"))
    let text = try SafetensorsFile(contentsOf: folder("model")).text(of: "tokenizer")
    for (from, to) in [("\"word\"", "\"syllable\""), ("\"a\"", "\"<eos>\""), ("\"a\"", "3"), ("\"a\",", "")] {
      #expect(text.contains(from))
      _ = try error { $0.metadata["tokenizer"] = text.replacing(from, with: to) }
    }
  }

  @Test("A safetensors file without a model is refused")
  func noModel() throws {
    let path = folder("other")
    try SafetensorsFile().write(to: path)
    #expect(throws: CheckpointError.unexpectedKind(path: path, expected: "model", found: nil)) {
      try ModelFile(contentsOf: path)
    }
    #expect(throws: FileError.noSuchFile(path: folder("none"))) { try ModelFile(contentsOf: folder("none")) }
  }

  @Test("Errors quote a file's contents on one line and shortened")
  func excerpts() {
    let hostile = "a\n\u{1b}[2J\u{202e}zz" + String(repeating: "\u{301}", count: 100_000)
    for error in [
      CheckpointError.malformedTensor(path: "p", name: hostile, expected: "x", found: hostile),
      .unexpectedMetadata(path: "p", key: "k", expected: "x", found: hostile),
    ] {
      let text = "\(error)"
      #expect(text.contains("a⏎␛[2JU+202Ez") && text.contains("…"), "\(text)")
      #expect(text.unicodeScalars.count < 600)
    }
    #expect("\(CheckpointError.malformedTensor(path: "p", name: "é 漢", expected: "x", found: "y"))".contains("'é 漢'"))
  }
}
