import MynahModels
import MynahTensors
import TestSupport
import Testing

@Suite("An import accounts for every tensor and every setting of a file")
struct ImportAccountTests {
  private static func model(_ layers: [LayerConfiguration], isTied: Bool = false) -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(vocabulary: 7, embedding: 4, layers: layers, output: .softmax(tied: isTied)),
      using: &random)
  }

  private static func file(_ layers: [LayerConfiguration], isTied: Bool = false) throws -> SafetensorsFile {
    try model(layers, isTied: isTied).pyTorchWeights()
  }

  /// The file with its tensors under other names.
  private static func renamed(_ file: SafetensorsFile, _ name: (String) -> String) -> SafetensorsFile {
    var result = SafetensorsFile(metadata: file.metadata)
    for own in file.names { result[name(own)] = file[own] }
    return result
  }

  @Test(
    "Tensors of parts that a language model lacks are refused with an error that names them",
    arguments: ["norm.weight", "hidden.weight", "rnn.extra", "decoder.scale", "rnn.weight_ih_l3", "rnn2.weight_ih_l0"])
  func unread(name: String) throws {
    var file = try Self.file([.lstm(5), .lstm(5)])
    file[name] = StoredTensor(Tensor(shape: [2, 2], [1, 2, 3, 4]))
    file["zeros"] = StoredTensor(Tensor.zeros([7]))
    let error = #expect(throws: CheckpointError.self) { try LanguageModel.importing(pyTorch: file) }
    guard case .unreadTensors(_, let names) = error else { throw error ?? .missingTensor(path: "", name: name) }
    #expect(Set(names) == [name, "zeros"])
  }

  @Test("A copy of a matrix that was read is skipped with a note")
  func copies() throws {
    var file = try Self.file([.lstm(5)])
    file["encoder_dropout.embedding.weight"] = file["encoder.weight"]
    let imported = try LanguageModel.importing(pyTorch: file)
    #expect(imported.notes == ["skipped 'encoder_dropout.embedding.weight': it equals 'encoder.weight'"])
    #expect(try LanguageModel.importing(pyTorch: Self.file([.lstm(5)])).notes == [])
  }

  @Test("Recurrent weights after weight drop are skipped with a note")
  func dropped() throws {
    let file = try SafetensorsFile.fixture("import-fastai")
    var weights = file
    for name in file.names where name.hasPrefix("golden.") { weights[name] = nil }
    let notes = try LanguageModel.importing(pyTorch: weights).notes
    #expect(notes.count { $0.contains("after weight drop") } == 2 && notes.contains { $0.contains("encoder_dp") })
  }

  @Test(
    "A model inside wrapper modules is recognised",
    arguments: ["module.", "_orig_mod.", "module._orig_mod.", "model.", "net.lstm."])
  func wrapped(prefix: String) throws {
    let file = try Self.file([.lstm(5), .gru(3)])
    let read = try LanguageModel.importing(pyTorch: Self.renamed(file) { prefix + $0 }).model
    #expect(read.parameters.map(\.value) == Self.model([.lstm(5), .gru(3)]).parameters.map(\.value))
  }

  @Test("Tied tensors are found if a file stores them once, with the other name in its metadata")
  func shared() throws {
    for (kept, left) in [("encoder.weight", "decoder.weight"), ("decoder.weight", "encoder.weight")] {
      var file = try Self.file([.lstm(4)], isTied: true)
      file[left] = nil
      file.metadata[left] = kept
      let imported = try LanguageModel.importing(pyTorch: file)
      #expect(imported.model.configuration.isTied && imported.notes.isEmpty)
    }
    var unstated = try Self.file([.lstm(4)], isTied: true)
    unstated["decoder.weight"] = nil
    let notes = try LanguageModel.importing(pyTorch: unstated).notes
    #expect(notes == ["'decoder.weight' is missing: the output is tied to the embedding"])
  }

  @Test("The activation of a simple RNN comes from the caller or the file, and both must agree")
  func activation() throws {
    var file = try Self.file([.rnn(3, activation: .relu)])
    #expect(file.metadata["nonlinearity"] == "relu")
    #expect(try LanguageModel.importing(pyTorch: file).model.configuration.layers == [.rnn(3, activation: .relu)])
    #expect(throws: CheckpointError.self) { try LanguageModel.importing(pyTorch: file, activation: .tanh) }
    for text in ["sigmoid", "tanh;relu", "Tanh"] {
      file.metadata["nonlinearity"] = text
      #expect(throws: CheckpointError.self) { try LanguageModel.importing(pyTorch: file) }
    }
    file.metadata["nonlinearity"] = nil
    #expect(
      throws: CheckpointError.unstatedSetting(
        path: "", name: "rnn.weight_hh_l0", setting: "activation", choices: ["tanh", "relu"])
    ) { try LanguageModel.importing(pyTorch: file) }
    for activation in RNNCell.Activation.allCases {
      let model = try LanguageModel.importing(pyTorch: file, activation: activation).model
      #expect(model.configuration.layers == [.rnn(3, activation: activation)])
    }
  }

  /// The elements of a vector as float32, after reading it from a file.
  private static func float32(_ type: ElementType, _ bytes: [UInt8]) throws -> [Float] {
    let count = bytes.count * 8 / type.bitCount
    let header = #"{"x":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(bytes.count)]}}"#
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let length = Self.bytes([UInt64(header.utf8.count)])
    let path = try folder.write(length + Array(header.utf8) + bytes, to: "x.safetensors")
    return try #require(SafetensorsFile(contentsOf: path)["x"]?.asFloat32).elements
  }

  private static func bytes(_ numbers: [some FixedWidthInteger]) -> [UInt8] {
    numbers.flatMap { number in (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  }

  @Test("16-bit and 64-bit floats become the same values in float32, including zeros and subnormal numbers")
  func precisions() throws {
    let values: [Float] = [0, -0.0, 1, -2.5, 65504, 6.1035156e-5, 5.9604645e-8, -1.0 / 1024, .infinity, -.infinity]
    let halves: [UInt16] = [0, 0x8000, 0x3C00, 0xC100, 0x7BFF, 0x0400, 0x0001, 0x9400, 0x7C00, 0xFC00]
    let bits = { (numbers: [Float]) in numbers.map(\.bitPattern) }
    #expect(try bits(Self.float32(.float16, Self.bytes(halves))) == bits(values))
    let upper = values.map { UInt16($0.bitPattern >> 16) }
    #expect(try bits(Self.float32(.bfloat16, Self.bytes(upper))) == upper.map { UInt32($0) << 16 })
    #expect(try bits(Self.float32(.float64, Self.bytes(values.map { Double($0).bitPattern }))) == bits(values))
    #expect(try Self.float32(.float16, Self.bytes([0x7E01 as UInt16]))[0].isNaN)
    let doubles = [0.1, 1e300] as [Double]
    #expect(try Self.float32(.float64, Self.bytes(doubles.map(\.bitPattern))) == [0.1, .infinity])
    var integers = try Self.file([.lstm(2)])
    integers["decoder.bias"] = StoredTensor([Int64](repeating: 0, count: 7), shape: [7])
    #expect(
      throws: CheckpointError.unexpectedElementType(path: "", name: "decoder.bias", expected: .float32, found: .int64)
    ) { try LanguageModel.importing(pyTorch: integers) }
  }

  @Test("A layer must have both biases or none")
  func biases() throws {
    var file = try Self.file([.lstm(5)])
    file["rnn.bias_hh_l0"] = nil
    #expect(throws: CheckpointError.missingTensor(path: "", name: "rnn.bias_hh_l0")) {
      try LanguageModel.importing(pyTorch: file)
    }
    file["rnn.bias_ih_l0"] = nil
    let model = try LanguageModel.importing(pyTorch: file).model
    #expect(model.parameters.first { $0.name.contains("bias") }?.value.elements.allSatisfy { $0 == 0 } == true)
  }

  @Test("Keras arrays that match no part are refused, and a GRU without biases must have a reset_after setting")
  func keras() throws {
    let fixture = try SafetensorsFile.fixture("import-keras-gru")
    var file = SafetensorsFile()
    for name in fixture.names where !name.hasPrefix("golden.") { file[name] = fixture[name] }
    var extra = file
    extra["recurrent.2.kernel"] = StoredTensor(Tensor.zeros([5, 15]))
    #expect(throws: CheckpointError.unreadTensors(path: "", names: ["recurrent.2.kernel"])) {
      try LanguageModel.importing(keras: extra)
    }
    file["recurrent.0.bias"] = nil
    #expect(throws: CheckpointError.self) { try LanguageModel.importing(keras: file) }
    for (stated, reset) in [("true", GRUCell.Reset.after), ("false", .before)] {
      file.metadata["recurrent.0.reset_after"] = stated
      #expect(try LanguageModel.importing(keras: file).model.configuration.layers == [.gru(5, reset: reset)])
    }
  }
}
