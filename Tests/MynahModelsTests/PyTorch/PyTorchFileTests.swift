import Foundation
import MynahIO
import MynahModels
import MynahTensors
import TestSupport
import Testing

/// A 16-bit integer in a file.
private struct StoredShort: StoredElement {
  static var elementType: ElementType { .int16 }
  let value: Int16
}

/// A Boolean value in a file.
private struct StoredFlag: StoredElement {
  static var elementType: ElementType { .bool }
  let value: UInt8
}

@Suite("torch.save files")
struct PyTorchFileTests {
  private let expected: SafetensorsFile

  init() throws { expected = try SafetensorsFile(contentsOf: PyTorchFixture.path("expected.safetensors")) }

  /// The elements as integers; nil for floating-point numbers.
  private func integers(_ tensor: StoredTensor) -> [Int64]? {
    switch tensor.elementType {
    case .int8: tensor.elements(as: Int8.self)?.map { Int64($0) }
    case .uint8: tensor.elements(as: UInt8.self)?.map { Int64($0) }
    case .int16: tensor.elements(as: StoredShort.self)?.map { Int64($0.value) }
    case .int32: tensor.elements(as: Int32.self)?.map { Int64($0) }
    case .int64: tensor.elements(as: Int64.self)
    case .bool: tensor.elements(as: StoredFlag.self)?.map { Int64($0.value) }
    default: nil
    }
  }

  private func expectValues(_ file: PyTorchFile, of name: String) throws {
    let names = expected.names.filter { $0.hasPrefix(name + "/") }.map { String($0.dropFirst(name.count + 1)) }
    #expect(!names.isEmpty && Set(file.tensors.map(\.name)) == Set(names) && file.tensors.count == names.count)
    for (key, tensor) in file.tensors {
      let value = try #require(expected["\(name)/\(key)"])
      #expect(tensor.shape == value.shape, "\(key)")
      if let numbers = value.tensor {
        let found = try #require(tensor.asFloat32)
        #expect(found.elements.map(\.bitPattern) == numbers.elements.map(\.bitPattern), "\(key)")
      } else {
        #expect(integers(tensor) == value.elements(as: Int64.self), "\(key)")
      }
    }
  }

  @Test(
    "Tensors have the same names, shapes and values as in PyTorch",
    arguments: [
      "state.pt", "state-legacy.pt", "state-protocol-3.pt", "state-protocol-4.pt", "state-protocol-5.pt",
      "state-legacy-protocol-4.pt", "state-without-checksums.pt", "state-deflated.pt", "checkpoint.pt",
      "checkpoint-legacy.pt", "module.pt", "module-legacy.pt", "module-relu.pt", "module-gru-half.pt", "awd-lstm.pt",
      "awd-lstm-legacy.pt", "views.pt", "views-legacy.pt",
    ])
  func values(name: String) throws { try expectValues(try PyTorchFixture.file(name), of: name) }

  @Test("Tensors are read in order, and a state dictionary has neither modules nor settings")
  func order() throws {
    let file = try PyTorchFixture.file("state.pt")
    let names = [
      "encoder.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0", "decoder.weight",
      "decoder.bias",
    ]
    #expect(file.tensors.map(\.name) == names && file.modules.isEmpty && file.settings.isEmpty)
    #expect(file.key == nil && file.leftOut.isEmpty && file.aliases.isEmpty && file.vocabulary == nil)
    let moduleNames = try PyTorchFixture.file("module.pt").tensors.map(\.name)
    #expect(moduleNames.first == "encoder.weight" && moduleNames.last == "decoder.bias" && moduleNames.count == 11)
  }

  @Test("Element types match PyTorch's, including those without a storage class")
  func types() throws {
    let file = try PyTorchFixture.file("views.pt").tensors
    let types: [(String, ElementType)] = [
      ("base", .float32), ("float16", .float16), ("bfloat16", .bfloat16), ("float64", .float64), ("int8", .int8),
      ("uint8", .uint8), ("int16", .int16), ("int32", .int32), ("int64", .int64), ("bool", .bool),
      ("float16_transposed", .float16),
    ]
    for (name, type) in types { #expect(file.first { $0.name == name }?.tensor.elementType == type, "\(name)") }
    let unusual = try PyTorchFixture.file("unusual.pt").tensors
    #expect(unusual.map(\.tensor.elementType) == [.uint16, .float8E4M3] && unusual.map(\.tensor.shape) == [[2], [2]])
  }

  @Test("Tensors that are the same view of a storage are recognised as aliases, and other views are not")
  func aliases() throws {
    #expect(try PyTorchFixture.file("views.pt").aliases == ["same": "base"])
    for name in ["module.pt", "module-legacy.pt", "awd-lstm.pt"] {
      #expect(try PyTorchFixture.file(name).aliases == ["decoder.weight": "encoder.weight"])
    }
  }

  @Test("Floating-point tensors become float32 in a safetensors file")
  func safetensors() throws {
    let file = try PyTorchFixture.file("views.pt").safetensors()
    let half = try file.tensor(named: "float16")
    #expect(half.elements == [0.5, -1.25, 65504, 0x1p-24, 3.140625, 0] && file.metadata.isEmpty)
    #expect(file["int64"]?.elementType == .int64 && file["same"]?.tensor == file["base"]?.tensor)
    #expect(file["gewicht.ä漢.😀"] != nil && file.path.hasSuffix("views.pt"))
  }

  @Test("The model in a checkpoint is read, and the checkpoint's other entries are listed")
  func checkpoint() throws {
    for name in ["checkpoint.pt", "checkpoint-legacy.pt"] {
      let file = try PyTorchFixture.file(name)
      #expect(file.key == "model" && file.vocabulary?.count == 8 && file.tensors.count == 7)
      #expect(
        file.leftOut == [
          "epoch", "best", "args", "optimizer", "rng_state", "itos", "size", "device", "dtype", "flags", "raw", "big",
        ])
    }
    let awd = try PyTorchFixture.file("awd-lstm.pt")
    #expect(awd.key == "0" && awd.leftOut.prefix(2) == ["1", "2"])
    #expect(awd.leftOut.dropFirst(2) == ["mask", "rnns.0.module.weight_hh_l0", "rnns.1.module.weight_hh_l0"])
  }

  @Test("If a file contains several models, one must be chosen")
  func severalModels() throws {
    let path = try PyTorchFixture.path("two-models.pt")
    let error = PyTorchFileError.severalModels(path: path, keys: ["generator", "critic"])
    #expect(throws: error) { try PyTorchFile(contentsOf: path) }
    let critic = try PyTorchFile(contentsOf: path, key: "critic")
    try expectValues(critic, of: "two-models.pt")
    #expect(critic.key == "critic" && critic.leftOut == ["generator"])
    #expect(throws: PyTorchFileError.noSuchModel(path: path, key: "x", keys: ["generator", "critic"])) {
      try PyTorchFile(contentsOf: path, key: "x")
    }
    #expect(try PyTorchFixture.file("checkpoint.pt", key: "model").tensors.count == 7)
  }

  @Test("The modules of a whole model have class names, and its recurrent layers have settings")
  func modules() throws {
    let file = try PyTorchFixture.file("module.pt")
    #expect(file.modules.map(\.name) == ["", "drop", "encoder", "rnn", "decoder"])
    #expect(file.modules[0].type == "model.RNNModel" && file.modules[3].type == "torch.nn.modules.rnn.LSTM")
    let lstm = try #require(file.settings["rnn"])
    #expect(lstm.mode == "LSTM" && lstm.nonlinearity == nil && lstm.layerCount == 2 && lstm.projectionSize == 0)
    #expect(lstm.isBidirectional == false && lstm.isBatchFirst == false && lstm.hasBias == true && lstm.dropout == 0.25)
    let relu = try PyTorchFixture.file("module-relu.pt")
    #expect(relu.settings.count == 1 && relu.settings["module.rnn"]?.nonlinearity == "relu")
    #expect(relu.settings["module.rnn"]?.mode == "RNN_RELU" && relu.settings["module.rnn"]?.layerCount == 1)
    #expect(try PyTorchFixture.file("module-gru-half.pt").settings["rnn"]?.mode == "GRU")
    let awd = try PyTorchFixture.file("awd-lstm.pt")
    #expect(Set(awd.settings.keys) == ["rnns.0.module", "rnns.1.module"])
  }

  @Test("A whole model is imported as a language model")
  func languageModel() throws {
    let model = try LanguageModel.importing(pyTorch: try PyTorchFixture.file("module.pt").safetensors()).model
    #expect(model.configuration.layers == [.lstm(3), .lstm(3)] && model.configuration.isTied)
    let awd = try LanguageModel.importing(pyTorch: try PyTorchFixture.file("awd-lstm-legacy.pt").safetensors()).model
    #expect(awd.configuration.layers == [.lstm(3), .lstm(2)] && awd.configuration.vocabularySize == 8)
  }

  @Test(
    "Vocabularies in corpora, dictionaries and lists are read byte for byte",
    arguments: [
      "corpus.pt", "corpus-legacy.pt", "itos.pt", "itos-2.pkl", "itos-4.pkl", "dictionary.pkl", "stoi.pkl",
      "checkpoint.pt",
    ])
  func vocabularies(name: String) throws {
    let words = ["<eos>", "the", "naïve", "bird", "e\u{301}", "\u{E9}", "漢字", "a rather long word"]
    let file = try PyTorchFixture.file(name)
    let found = try #require(file.vocabulary)
    #expect(found.map { Array($0.utf8) } == words.map { Array($0.utf8) })
    #expect(file.tensors.isEmpty == (name != "checkpoint.pt"))
  }
}
