import Foundation
import MynahModels
import MynahONNX
import MynahTensors
import MynahText
import SwiftProtobuf
import Testing

/// Tests of ONNX files that need no runtime; `Scripts/verify-onnx.py` compares their outputs with ONNX Runtime.
struct ONNXFileTests {
  private func file(_ layers: [LayerConfiguration], _ change: (inout LanguageModelConfiguration) -> Void = { _ in })
    throws
    -> ModelFile
  {
    var configuration = LanguageModelConfiguration(vocabulary: 6, embedding: 4, layers: layers)
    change(&configuration)
    var random = RandomSource(seed: 4)
    let tokenizer = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "b", "c", "d", "e", "\n"]))
    return ModelFile(model: LanguageModel(configuration, using: &random), tokenizer: .character(tokenizer))
  }

  private func graph(_ file: ModelFile) throws -> ONNXGraph {
    try ONNXModel(serializedBytes: try ONNXFile(file).bytes).graph
  }

  private func floats(_ graph: ONNXGraph, _ name: String) throws -> [Float] {
    let tensor = try #require(graph.initializer.first { $0.name == name })
    let bytes = [UInt8](tensor.rawData)
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(0 as UInt32) { $0 | UInt32(bytes[start + $1]) << (8 * $1) })
    }
  }

  @Test("Gates are stored in ONNX's order i, o, f, c, with both biases")
  func gates() throws {
    let file = try file([.lstm(2)])
    let graph = try graph(file)
    let weights = Dictionary(uniqueKeysWithValues: file.model.parameters.map { ($0.name, $0.value.elements) })
    let own = try #require(weights["recurrent.0.weight_ih_l0"])
    // Each gate has two rows of four elements, here in the order i, f, g, o.
    let rows = [0, 1, 6, 7, 2, 3, 4, 5]
    #expect(try floats(graph, "recurrent.0.W") == rows.flatMap { own[$0 * 4..<$0 * 4 + 4] })
    let recurrent = try #require(weights["recurrent.0.weight_hh_l0"])
    #expect(try floats(graph, "recurrent.0.R") == rows.flatMap { recurrent[$0 * 2..<$0 * 2 + 2] })
    let bias = try #require(weights["recurrent.0.bias_ih_l0"])
    #expect(try floats(graph, "recurrent.0.B") == rows.map { bias[$0] } + [Float](repeating: 0, count: 8))
  }

  @Test("Each layer's state is an input and an output, and every name is defined before it is used")
  func names() throws {
    let graph = try graph(file([.lstm(4), .gru(3), .rnn(3), .peepholeLSTM(2)]) { $0.connections = .residual })
    #expect(graph.input.map { $0.name } == ["ids", "h0", "c0", "h1", "h2", "h3", "c3"])
    #expect(
      graph.output.map { $0.name }
        == ["logits", "next_h0", "next_c0", "next_h1", "next_h2", "next_h3", "next_c3"])
    var known = Set(graph.input.map { $0.name } + graph.initializer.map { $0.name } + [""])
    for node in graph.node {
      #expect(node.input.allSatisfy(known.contains), "\(node.name): \(node.input)")
      known.formUnion(node.output)
    }
    #expect(graph.output.allSatisfy { known.contains($0.name) })
    // The outputs of the first and third layers have the same size as their inputs.
    #expect(graph.node.count { $0.opType == "Add" } == 3)
  }

  @Test("Skip connections add the outputs of all layers, and each layer reads the output of the one below")
  func skipConnections() throws {
    let graph = try graph(file([.lstm(4), .gru(4), .rnn(4)]) { $0.connections = .skip })
    let sum = try #require(graph.node.first { $0.opType == "Sum" })
    #expect(sum.input == ["output0", "output1", "output2"])
    #expect(graph.node.first { $0.opType == "GRU" }?.input.first == "output0")
    #expect(graph.node.first { $0.opType == "MatMul" }?.input.first == sum.output[0])
  }

  @Test("Tied weights are stored once, and the file contains the tokenizer")
  func tied() throws {
    let tied = try file([.lstm(4)]) { $0.output.isTied = true }
    let graph = try graph(tied)
    #expect(!graph.initializer.contains { $0.name == "output.weight" })
    let model = try ONNXModel(serializedBytes: try ONNXFile(tied).bytes)
    let tokenizer = try #require(model.metadataProps.first { $0.key == "tokenizer" })
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: Data(tokenizer.value.utf8)) == tied.tokenizer)
  }

  @Test(
    "A layer without an ONNX operator causes an error that names it",
    arguments: [
      LayerConfiguration.coupledLSTM(3), .cappedLSTM(3), .projectedLSTM(3, to: 2), .mogrifierLSTM(3), .qrnn(3),
    ])
  func unsupported(layer: LayerConfiguration) throws {
    let file = try file([.lstm(4), layer])
    #expect(throws: ONNXError.unsupportedPart(part: "layer 1", kind: CellKinds.standard[layer.kind]?.title ?? "")) {
      try ONNXFile(file)
    }
  }

  @Test("An output layer other than softmax causes an error that names it")
  func unsupportedOutput() throws {
    let file = try file([.lstm(4)]) { $0.output = .mixtureOfSoftmaxes(2) }
    #expect(throws: ONNXError.unsupportedPart(part: "the output", kind: "Mixture of softmaxes")) { try ONNXFile(file) }
  }

  @Test("An error's localised description is its message")
  func localized() {
    let error = ONNXError.tooLarge(byteCount: 5)
    #expect(error.localizedDescription == "\(error)" && error.errorDescription == "\(error)")
  }
}
