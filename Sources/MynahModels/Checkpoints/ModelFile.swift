import Foundation
import MynahIO
package import MynahTensors
public import MynahText

/// A language model in one safetensors file: weights under PyTorch's names, configuration and tokenizer as metadata.
///
/// If PyTorch has the model's kinds, the weights load strictly into a module with `embedding = nn.Embedding`,
/// `recurrent = nn.ModuleList` of one-layer `nn.LSTM`s, `nn.GRU`s or `nn.RNN`s, and `output = nn.Linear`. Gates are in
/// PyTorch's order. Where PyTorch only adds two biases, `bias_ih_l0` contains the trained one and `bias_hh_l0` zeros.
public struct ModelFile: Sendable {
  /// The model.
  ///
  /// If the file stores rounded weights, the model has the rounded weights.
  public var model: LanguageModel
  /// The tokenizer that the model was trained with.
  public var tokenizer: AnyTokenizer
  /// Notes by the model's creator, by key; "training", for instance, describes the training.
  public var notes: [String: String]
  /// The precision of the stored matrices, and the default precision of inference.
  public var precision: WeightPrecision
  /// The positions of a text at which the state is reset, as in training.
  public var statePolicy: StatePolicy

  /// Creates the contents of a file.
  public init(
    model: LanguageModel, tokenizer: AnyTokenizer, notes: [String: String] = [:], precision: WeightPrecision = .float32,
    statePolicy: StatePolicy = .carry
  ) {
    self.precision = precision
    self.statePolicy = statePolicy
    self.model = model
    self.tokenizer = tokenizer
    self.notes = notes
  }

  /// Reads a model file, checking that weights, configuration and tokenizer fit together.
  ///
  /// - Parameter kinds: The kinds of cells and output layers that the model may have.
  /// - Throws: `CheckpointError`; nothing is half-loaded.
  public init(contentsOf path: String, kinds: ModelKinds = .standard) throws {
    try self.init(SafetensorsFile(contentsOf: path), kinds: kinds)
  }

  /// Reads a model from a file's contents, checking that weights, configuration and tokenizer fit together.
  ///
  /// - Parameter kinds: The kinds of cells and output layers that the model may have.
  /// - Throws: `CheckpointError`; nothing is half-loaded.
  public init(_ file: SafetensorsFile, kinds: ModelKinds = .standard) throws {
    let path = file.path
    try file.expectKind("model")
    let architecture = try file.architecture(Key.configuration, kinds: kinds)
    let configuration = architecture.configuration
    let tokenizer: AnyTokenizer = try file.decode(Key.tokenizer)
    guard tokenizer.vocabulary.count == configuration.vocabularySize else {
      throw CheckpointError.unexpectedMetadata(
        path: path, key: Key.tokenizer, expected: "\(configuration.vocabularySize) tokens",
        found: "\(tokenizer.vocabulary.count)")
    }
    precision = try file.weightPrecision()
    model = try LanguageModel(architecture, from: file, precision: precision)
    self.tokenizer = tokenizer
    statePolicy = file.metadata[Key.statePolicy] == nil ? .carry : try file.decode(Key.statePolicy)
    notes = file.metadata.filter { !Key.all.contains($0.key) }
  }

  /// Writes the file atomically, replacing an existing one.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    var file = SafetensorsFile(metadata: notes)
    file.metadata[Key.kind] = "model"
    file.metadata[Key.configuration] = try SafetensorsFile.encode(model.configuration)
    file.metadata[Key.tokenizer] = try SafetensorsFile.encode(tokenizer)
    if statePolicy != .carry { file.metadata[Key.statePolicy] = try SafetensorsFile.encode(statePolicy) }
    model.store(in: &file, precision: precision)
    try file.write(to: path)
  }

  enum Key {
    static let kind = "mynah", configuration = "configuration", tokenizer = "tokenizer", statePolicy = "state"
    static let all: Set = [kind, configuration, tokenizer, statePolicy]
  }
}

// MARK: Weights in a file

extension LanguageModel {
  /// Reads the weights of a model.
  ///
  /// Tensors and their shapes are checked before memory is allocated for the model.
  ///
  /// - Parameters:
  ///   - prefix: The beginning of the tensors' names.
  ///   - precision: The precision that the matrices are stored in.
  /// - Throws: `CheckpointError` if a tensor is missing or has another type or shape.
  package init(
    _ architecture: ModelArchitecture, from file: SafetensorsFile, prefix: String = "",
    precision: WeightPrecision = .float32
  ) throws(CheckpointError) {
    var values: [Tensor] = []
    for spec in architecture.parameterSpecs {
      values.append(try file.parameter(spec.prefixed(by: prefix), precision: precision))
    }
    self.init(architecture, parameters: values)
  }
}

extension Module {
  /// Stores the parameters under their names, matrices rounded to a precision.
  package func store(in file: inout SafetensorsFile, prefix: String = "", precision: WeightPrecision = .float32) {
    var copy = self
    copy.visitParameters(prefix: prefix) { spec, parameter in
      if spec.shape.rank == 2 {
        file.store(matrix: parameter.value, named: spec.name, precision: precision)
      } else {
        file[spec.name] = StoredTensor(parameter.value)
      }
      if let twin = spec.pyTorchTwin { file[twin] = StoredTensor(Tensor.zeros(spec.shape)) }
    }
  }
}

extension SafetensorsFile {
  /// Reads a parameter, adding PyTorch's second bias to the first.
  package func parameter(
    _ spec: ParameterSpec, precision: WeightPrecision = .float32
  ) throws(CheckpointError) -> Tensor {
    guard spec.shape.rank != 2 else { return try matrix(named: spec.name, shape: spec.shape, precision: precision) }
    let value = try tensor(named: spec.name, shape: spec.shape)
    guard let twin = spec.pyTorchTwin else { return value }
    let other = try tensor(named: twin, shape: spec.shape)
    return other.elements.contains { $0 != 0 } ? value + other : value
  }

  /// Returns the architecture of the configuration under a key of the metadata.
  package func architecture(_ key: String, kinds: ModelKinds) throws(CheckpointError) -> ModelArchitecture {
    let configuration: LanguageModelConfiguration = try decode(key)
    do throws(ModelError) {
      return try ModelArchitecture(configuration, kinds: kinds)
    } catch {
      throw .unexpectedMetadata(
        path: path, key: key, expected: "a configuration that can be built", found: error.description)
    }
  }
}

// MARK: JSON in the metadata

extension SafetensorsFile {
  /// Returns a value as JSON with sorted keys, so that equal values give equal bytes.
  package static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Decodes the JSON under a key of the metadata.
  ///
  /// - Parameter userInfo: The values that the decoder passes to the types that it decodes.
  package func decode<Value: Decodable>(
    _ key: String, userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws(CheckpointError) -> Value {
    let text = try text(of: key)
    let decoder = JSONDecoder()
    decoder.userInfo = userInfo
    do {
      return try decoder.decode(Value.self, from: Data(text.utf8))
    } catch {
      throw .unexpectedMetadata(
        path: path, key: key, expected: "JSON of a \(Value.self)", found: "\(text.excerpt(60)) (\(error.briefly))")
    }
  }

  /// Checks that the file is of a kind: "model" or "training".
  package func expectKind(_ expected: String) throws(CheckpointError) {
    let found = metadata[ModelFile.Key.kind]
    guard found == expected else { throw .unexpectedKind(path: path, expected: expected, found: found) }
  }
}

extension Error {
  /// The decoder's message on one line.
  fileprivate var briefly: String {
    switch self as? DecodingError {
    case .keyNotFound(let key, _): "\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.debugDescription.split(separator: "\n").first.map(String.init) ?? "malformed"
    default: "\(self)".split(separator: "\n").first.map(String.init) ?? "malformed"
    }
  }
}
