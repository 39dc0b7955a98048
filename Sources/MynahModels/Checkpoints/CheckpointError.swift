import MynahIO
public import MynahTensors

/// An error in the contents of a model file or a training state; errors of the file system are `FileError`s.
public enum CheckpointError: Error, Equatable, Sendable {
  case notSafetensors(path: String, found: String)
  case truncated(path: String, expectedByteCount: Int, foundByteCount: Int)
  case trailingBytes(path: String, expectedByteCount: Int, foundByteCount: Int)
  case malformedHeader(path: String, byteOffset: Int, expected: String, found: String)
  case malformedTensor(path: String, name: String, expected: String, found: String)

  /// The file is of an unexpected kind, such as a training state; `found` is nil if another program wrote the file.
  case unexpectedKind(path: String, expected: String, found: String?)
  case missingMetadata(path: String, key: String)
  case unexpectedMetadata(path: String, key: String, expected: String, found: String)
  case missingTensor(path: String, name: String)
  case unexpectedElementType(path: String, name: String, expected: ElementType, found: ElementType)
  case unexpectedShape(path: String, name: String, expected: Shape, found: Shape)

  /// A model of another program has a layer that this package lacks.
  case unsupportedLayer(path: String, name: String, reason: String)
  /// A model of another program has tensors that do not correspond to any part of a language model of this package.
  case unreadTensors(path: String, names: [String])
  /// The file of another program lacks a setting of a layer, and the tensors do not determine it.
  case unstatedSetting(path: String, name: String, setting: String, choices: [String])
  /// PyTorch lacks a part that this package has.
  case notInPyTorch(part: String, kind: String)
  /// A parameter has infinite or NaN elements.
  case notFinite(path: String, name: String)
}

extension CheckpointError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notSafetensors(let path, let found):
      "\(path.quoted()) is not a safetensors file: \(found); "
        + "name a model file or a training checkpoint"
    case .truncated(let path, let expected, let found):
      "\(path.quoted()) is cut short: \(expected) bytes expected, \(found) found; copy or download it again"
    case .trailingBytes(let path, let expected, let found):
      "\(path.quoted()) is too long: \(expected) bytes expected, \(found) found; copy or download it again"
    case .malformedHeader(let path, let byteOffset, let expected, let found):
      "the header of \(path.quoted()) is damaged at byte \(byteOffset): expected \(expected), found \(found); "
        + "copy the file again or write it anew"
    case .malformedTensor(let path, let name, let expected, let found):
      "the entry of tensor \(name.quoted(40)) in \(path.quoted()) is damaged: expected \(expected), found "
        + "\(found.excerpt(200)); copy the file again or write it anew"
    case .unexpectedKind(let path, let expected, let found):
      "\(path.quoted()) should be \(kindInWords(expected)) but is \(kindInWords(found)); "
        + adviceOnKinds(expected: expected, found: found)
    case .missingMetadata(let path, let key):
      "\(path.quoted()) has no metadata \(key.quoted(40)); was it written by another program?"
    case .unexpectedMetadata(let path, let key, let expected, let found):
      "the metadata \(key.quoted(40)) of \(path.quoted()) should be \(expected) but is \(found.excerpt(200)); "
        + "was it written by another program?"
    case .missingTensor(let path, let name):
      "\(path.quoted()) holds no tensor \(name.quoted(40)); it belongs to another kind of model"
    case .unexpectedElementType(let path, let name, let expected, let found):
      "tensor \(name.quoted(40)) of \(path.quoted()) should hold \(expected) elements but holds \(found); "
        + "convert it and write it anew"
    case .unexpectedShape(let path, let name, let expected, let found):
      "tensor \(name.quoted(40)) of \(path.quoted()) should have shape \(expected) but has \(found); "
        + "it belongs to another model"
    case .unsupportedLayer(let path, let name, let reason):
      "tensor \(name.quoted(40)) of \(path.quoted()) belongs to a layer that cannot be imported: \(reason)"
    case .unreadTensors(let path, let names):
      "\(path.quoted()) contains tensors of parts that cannot be imported: \(names.quotedList()); expected an "
        + "embedding, recurrent layers and a linear output layer; remove the tensors only if the model does not use "
        + "them"
    case .unstatedSetting(let path, let name, let setting, let choices):
      "the tensor \(name.quoted(80)) of \(path.quoted()) does not show the layer's \(setting), and the file does not "
        + "state it; state \(choices.joined(separator: " or "))"
    case .notInPyTorch(let part, let kind):
      "\(part) is of a kind that PyTorch's example does not have: \(kind.quoted()); expected LSTM, projected LSTM, GRU "
        + "or RNN layers and a softmax; train a model of these, or export it as ONNX"
    case .notFinite(let path, let name):
      "the parameter \(name.quoted(80)) of \(path.quoted()) has elements that are infinite or NaN, so the model cannot "
        + "predict anything; copy the file again, or train with a lower learning rate"
    }
  }
}

/// Returns the advice for a file of an unexpected kind.
private func adviceOnKinds(expected: String, found: String?) -> String {
  switch (expected, found) {
  case (_, nil): "choose a file that this library wrote"
  case ("classifier", _): "train a classifier on labelled texts first"
  case (_, "classifier"): "choose a language model, or classify texts with this file"
  default: "choose the other file of that run"
  }
}

/// Returns the name of a kind of file; nil: the file was written by another program.
private func kindInWords(_ kind: String?) -> String {
  switch kind {
  case "model": "a model file"
  case "training": "a training state"
  case "classifier": "a classifier"
  case let kind?: "a file of kind \(kind.quoted(40))"
  case nil: "a safetensors file from another program"
  }
}
