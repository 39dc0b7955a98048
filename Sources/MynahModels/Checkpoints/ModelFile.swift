import Foundation
import MynahIO
public import MynahText
import MynahTensors

/// A language model in one safetensors file: weights under PyTorch's names, configuration and tokenizer in the metadata.
///
/// The weights load strictly into a PyTorch module with `embedding = nn.Embedding`, `recurrent = nn.ModuleList` of one-layer
/// `nn.LSTM`s and `output = nn.Linear`: gates in the order i, f, g, o, the trained bias in `bias_ih_l0`, zeros in `bias_hh_l0`.
public struct ModelFile: Sendable {
  /// The model.
  ///
  /// Of a file with rounded weights these are the rounded ones.
  public var model: LanguageModel
  /// How text becomes the model's tokens.
  public var tokenizer: AnyTokenizer
  /// Notes of the model's maker, by key: "training" for instance says how it was trained.
  public var notes: [String: String]
  /// What the matrices are stored in, and what the model is best asked in.
  public var precision: WeightPrecision

  /// Creates the contents of a file.
  public init(
    model: LanguageModel, tokenizer: AnyTokenizer, notes: [String: String] = [:], precision: WeightPrecision = .float32
  ) {
    self.precision = precision
    self.model = model
    self.tokenizer = tokenizer
    self.notes = notes
  }

  /// Reads a model file, checking that weights, configuration and tokenizer fit together.
  ///
  /// - Throws: `CheckpointError`; nothing is half-loaded.
  public init(contentsOf path: String) throws {
    try self.init(SafetensorsFile(contentsOf: path))
  }

  /// Understands a file as a model, checking that weights, configuration and tokenizer fit together.
  ///
  /// - Throws: `CheckpointError`; nothing is half-loaded.
  public init(_ file: SafetensorsFile) throws {
    let path = file.path
    try file.expectKind("model")
    let configuration: LanguageModelConfiguration = try file.decode(Key.configuration)
    let tokenizer: AnyTokenizer = try file.decode(Key.tokenizer)
    if let defect = configuration.defect {
      throw CheckpointError.unexpectedMetadata(
        path: path, key: Key.configuration, expected: "a configuration that can be built", found: defect)
    }
    guard tokenizer.vocabulary.count == configuration.vocabularySize else {
      throw CheckpointError.unexpectedMetadata(
        path: path, key: Key.tokenizer, expected: "\(configuration.vocabularySize) tokens",
        found: "\(tokenizer.vocabulary.count)")
    }
    precision = try file.weightPrecision()
    model = try LanguageModel(configuration, from: file, precision: precision)
    self.tokenizer = tokenizer
    notes = file.metadata.filter { !Key.all.contains($0.key) }
  }

  /// Writes the file in place of what stands there, all or nothing.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    var file = SafetensorsFile(metadata: notes)
    file.metadata[Key.kind] = "model"
    file.metadata[Key.configuration] = try SafetensorsFile.encode(model.configuration)
    file.metadata[Key.tokenizer] = try SafetensorsFile.encode(tokenizer)
    model.store(in: &file, precision: precision)
    try file.write(to: path)
  }

  enum Key {
    static let kind = "mynah", configuration = "configuration", tokenizer = "tokenizer"
    static let all: Set = [kind, configuration, tokenizer]
  }
}

// MARK: Weights in a file

extension LanguageModel {
  /// Reads the weights of a model of some configuration.
  ///
  /// Tensors and their shapes are checked before memory is set aside for the model. PyTorch keeps two biases that are only
  /// ever added; they are added here.
  ///
  /// - Parameters:
  ///   - prefix: What the tensors' names begin with.
  ///   - precision: What the matrices are stored in.
  /// - Throws: `CheckpointError` if a tensor is missing or has another type or shape.
  package init(
    _ configuration: LanguageModelConfiguration, from file: SafetensorsFile, prefix: String = "",
    precision: WeightPrecision = .float32
  ) throws(CheckpointError) {
    let shapes = configuration.parameterShapes
    let names = Set(shapes.map(\.name))
    var values: [Tensor] = []
    for (name, shape) in shapes {
      var value =
        shape.rank == 2
        ? try file.matrix(named: prefix + name, shape: shape, precision: precision)
        : try file.tensor(named: prefix + name, shape: shape)
      if let second = names.nameOfSecondBias(besides: name) {
        let other = try file.tensor(named: prefix + second, shape: shape)
        if other.elements.contains(where: { $0 != 0 }) { value = value + other }
      }
      values.append(value)
    }
    self.init(configuration, parameters: values)
  }

  /// Stores the weights under PyTorch's names, matrices rounded to a precision.
  package func store(in file: inout SafetensorsFile, prefix: String = "", precision: WeightPrecision = .float32) {
    let names = Set(parameters.map(\.name))
    for (name, value) in parameters {
      if value.shape.rank == 2 {
        file.store(matrix: value, named: prefix + name, precision: precision)
      } else {
        file[prefix + name] = StoredTensor(value)
      }
      if let second = names.nameOfSecondBias(besides: name) {
        file[prefix + second] = StoredTensor(Tensor.zeros(value.shape))
      }
    }
  }
}

extension Set<String> {
  /// The second bias that PyTorch keeps beside a first one, if the parameters of these names have none of their own.
  fileprivate func nameOfSecondBias(besides name: String) -> String? {
    guard name.hasSuffix("bias_ih_l0") else { return nil }
    let second = name.replacing("bias_ih_l0", with: "bias_hh_l0")
    return contains(second) ? nil : second
  }
}

// MARK: JSON in the metadata

extension SafetensorsFile {
  /// A value as JSON with sorted keys, so that equal values give equal bytes.
  package static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The value that stands as JSON under a key of the metadata.
  package func decode<Value: Decodable>(_ key: String) throws(CheckpointError) -> Value {
    let text = try text(of: key)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
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
  /// What a decoder complains of, on one line.
  fileprivate var briefly: String {
    switch self as? DecodingError {
    case .keyNotFound(let key, _): "\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.debugDescription.split(separator: "\n").first.map(String.init) ?? "malformed"
    default: "\(self)".split(separator: "\n").first.map(String.init) ?? "malformed"
    }
  }
}
