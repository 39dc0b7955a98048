public import MynahModels
import MynahTensors
import MynahText
import SwiftProtobuf

/// A language model as an ONNX graph, for use in other runtimes.
///
/// | | shape | |
/// |---|---|---|
/// | input `ids` | [steps, batch], int64 | tokens, time-major |
/// | input `hN`, of LSTMs `cN` | [1, batch, H] | the state of layer N; zeros before a text |
/// | output `logits` | [steps, batch, V] | for the token after each input |
/// | output `next_hN`, `next_cN` | [1, batch, H] | the state after the last step |
///
/// The recurrent layers are ONNX's own operators LSTM, GRU and RNN, for which runtimes have fast kernels. The file's
/// `metadata_props` contain the tokenizer and the configuration as JSON, as a model file does.
public struct ONNXFile: Sendable {
  /// The file's bytes.
  public let bytes: [UInt8]

  /// Creates the graph of a model.
  ///
  /// - Throws: `ONNXError` if a layer has no operator in ONNX, or the weights take more than the 2 GiB of a file.
  public init(_ file: ModelFile) throws {
    var graph = GraphBuilder()
    try graph.add(file.model)
    let model = try ONNXModel.with {
      $0.irVersion = 8
      $0.producerName = "mynah"
      $0.opsetImport = [.with { $0.version = 14 }]
      $0.graph = graph.graph
      $0.metadataProps = try [
        ONNXEntry.with {
          $0.key = "configuration"
          $0.value = try SafetensorsFile.encode(file.model.configuration)
        },
        ONNXEntry.with {
          $0.key = "tokenizer"
          $0.value = try SafetensorsFile.encode(file.tokenizer)
        },
      ]
    }
    bytes = try model.serializedBytes()
  }
}
