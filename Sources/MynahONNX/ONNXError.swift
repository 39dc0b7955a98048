/// The reasons why a model cannot be written as ONNX.
public enum ONNXError: Error, Hashable, Sendable {
  /// ONNX has no operator for a part of the model.
  case unsupportedPart(part: String, kind: String)
  /// The weights exceed the maximum size of a protocol buffers file.
  case tooLarge(byteCount: Int)
}

extension ONNXError: CustomStringConvertible {
  /// A sentence with what is wrong, what was expected, and what to do.
  public var description: String {
    switch self {
    case .unsupportedPart(let part, let kind):
      "\(part) cannot be exported to ONNX: it is of the kind '\(kind)'; expected LSTM, peephole LSTM, GRU or RNN "
        + "layers and a softmax"
    case .tooLarge(let byteCount):
      "the weights take \(byteCount) bytes; an ONNX file can hold less than 2 GiB; train a smaller model"
    }
  }
}
