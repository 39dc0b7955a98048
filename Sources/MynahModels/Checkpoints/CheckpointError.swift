import MynahIO
public import MynahTensors

/// What can be wrong with a file that a model should be read from; what can go wrong on writing is a `FileError`.
public enum CheckpointError: Error, Equatable, Sendable {
  // The file that should be read.
  case notFound(path: String)
  case notAFile(path: String, found: String)
  case cannotOpen(path: String, reason: String)
  case readFailed(path: String, byteOffset: Int, reason: String)

  // What is inside of it.
  case notSafetensors(path: String, found: String)
  case truncated(path: String, expectedByteCount: Int, foundByteCount: Int)
  case trailingBytes(path: String, expectedByteCount: Int, foundByteCount: Int)
  case malformedHeader(path: String, byteOffset: Int, expected: String, found: String)
  case malformedTensor(path: String, name: String, expected: String, found: String)

  // What the reader looked for in it.
  /// The file is a model, a training state, or what another program wrote (nil).
  case unexpectedKind(path: String, expected: String, found: String?)
  case missingMetadata(path: String, key: String)
  case unexpectedMetadata(path: String, key: String, expected: String, found: String)
  case missingTensor(path: String, name: String)
  case unexpectedElementType(path: String, name: String, expected: ElementType, found: ElementType)
  case unexpectedShape(path: String, name: String, expected: Shape, found: Shape)

  /// A model of another program has a layer that this package lacks.
  case unsupportedLayer(path: String, name: String, reason: String)
  /// PyTorch lacks a layer that this package has.
  case notInPyTorch(layer: Int, kind: String)

  /// The families of failure that a command tells apart by its exit code.
  package enum Kind: Sendable {
    /// There is nothing to read under that name (exit code 66).
    case noSuchInput
    /// The file can be read but is not what it should be (65).
    case badData
    /// Reading broke off (74).
    case inputOutput
  }

  /// The family that the error belongs to.
  package var kind: Kind {
    switch self {
    case .notFound, .notAFile, .cannotOpen: .noSuchInput
    case .readFailed: .inputOutput
    case .notSafetensors, .truncated, .trailingBytes, .malformedHeader, .malformedTensor, .unexpectedKind,
      .missingMetadata, .unexpectedMetadata, .missingTensor, .unexpectedElementType, .unexpectedShape,
      .unsupportedLayer, .notInPyTorch:
      .badData
    }
  }
}

extension CheckpointError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let path):
      "there is no file '\(path)'; check the path"
    case .notAFile(let path, let found):
      "'\(path)' should be a model file but is \(found); name the file itself"
    case .cannotOpen(let path, let reason):
      "cannot open '\(path)': \(reason); check its permissions"
    case .readFailed(let path, let byteOffset, let reason):
      "reading '\(path)' broke off at byte \(byteOffset): \(reason)"
    case .notSafetensors(let path, let found):
      "'\(path)' is not a safetensors file: \(found); name a file that was written as a model or a training checkpoint"
    case .truncated(let path, let expected, let found):
      "'\(path)' is cut short: \(expected) bytes expected, \(found) found; copy or download it again"
    case .trailingBytes(let path, let expected, let found):
      "'\(path)' is too long: \(expected) bytes expected, \(found) found; copy or download it again"
    case .malformedHeader(let path, let byteOffset, let expected, let found):
      "the header of '\(path)' is damaged at byte \(byteOffset): expected \(expected), found \(found); "
        + "copy the file again or write it anew"
    case .malformedTensor(let path, let name, let expected, let found):
      "the entry of tensor '\(name.excerpt())' in '\(path)' is damaged: expected \(expected), found \(found.excerpt(200)); "
        + "copy the file again or write it anew"
    case .unexpectedKind(let path, let expected, let found):
      "'\(path)' should be \(kindInWords(expected)) but is \(kindInWords(found)); "
        + adviceOnKinds(expected: expected, found: found)
    case .missingMetadata(let path, let key):
      "'\(path)' says nothing of '\(key)' in its metadata; was it written by another program?"
    case .unexpectedMetadata(let path, let key, let expected, let found):
      "the metadata '\(key)' of '\(path)' should be \(expected) but is \(found.excerpt(200)); "
        + "was it written by another program?"
    case .missingTensor(let path, let name):
      "'\(path)' holds no tensor '\(name)'; it belongs to another kind of model"
    case .unexpectedElementType(let path, let name, let expected, let found):
      "tensor '\(name)' of '\(path)' should hold \(expected) elements but holds \(found); convert it and write it anew"
    case .unexpectedShape(let path, let name, let expected, let found):
      "tensor '\(name)' of '\(path)' should have shape \(expected) but has \(found); it belongs to another model"
    case .unsupportedLayer(let path, let name, let reason):
      "tensor '\(name.excerpt())' of '\(path)' belongs to a layer that cannot be taken over: \(reason)"
    case .notInPyTorch(let layer, let kind):
      "expected layers that PyTorch has (LSTM, projected LSTM, GRU, RNN), found layer \(layer) to be a \(kind); "
        + "export the model as ONNX, or train one without it"
    }
  }
}

/// What to do where a file is of another kind.
private func adviceOnKinds(expected: String, found: String?) -> String {
  switch (expected, found) {
  case (_, nil): "give a file that mynah wrote"
  case ("classifier", _): "make one of labelled texts with mynah classify train"
  case (_, "classifier"): "mynah classify evaluate and mynah classify predict ask it"
  default: "the other file of that run stands beside it"
  }
}

/// What a file of some kind is called; nil is a file without the mark of this package.
private func kindInWords(_ kind: String?) -> String {
  switch kind {
  case "model": "a model file"
  case "training": "a training state"
  case "classifier": "a classifier"
  case let kind?: "a file of kind \"\(kind.excerpt())\""
  case nil: "a safetensors file of another program"
  }
}

extension String {
  /// The first characters, on one line: what stands in a file may be long, and control characters act on a terminal.
  func excerpt(_ length: Int = 40) -> String {
    let visible = unicodeScalars.prefix(length).map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
      default: String(scalar)
      }
    }
    return visible.joined() + (unicodeScalars.dropFirst(length).isEmpty ? "" : "…")
  }
}
