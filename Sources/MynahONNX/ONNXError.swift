/// Why a model cannot be written as ONNX.
public enum ONNXError: Error, Hashable, Sendable {
  /// ONNX has no operator of a layer's kind.
  case unsupportedLayer(layer: Int, kind: String)
  /// A file of protocol buffers holds less than the weights take.
  case tooLarge(byteCount: Int)
}

extension ONNXError: CustomStringConvertible {
  /// A sentence that says what was expected, what was found and what to do.
  public var description: String {
    switch self {
    case .unsupportedLayer(let layer, let kind):
      "expected layers that ONNX has operators for (LSTM, peephole LSTM, GRU, RNN), found layer \(layer) to be a \(kind); "
        + "train a model of another --cell"
    case .tooLarge(let byteCount):
      "expected weights of less than 2 GiB, which is what an ONNX file can hold, found \(byteCount) bytes; train a smaller model"
    }
  }
}
