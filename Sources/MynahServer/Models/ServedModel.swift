#if Server
import Foundation
import MynahAnalysis
import MynahClassification
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// The error that a model file was replaced while it was being read.
struct ChangedFile: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path.quoted()) changed while it was being read" }
}

/// A model that a server serves.
final class ServedModel: Sendable {
  /// A language model with its engine.
  struct Language: Sendable {
    let engine: Engine
    let tokenizer: AnyTokenizer
    let statePolicy: StatePolicy
    let map: EmbeddingMap
    /// The case-sensitive and the case-insensitive completer at the beginning of a text; nil if the tokens are subwords
    /// of a `tokenizer.json`.
    let completers: (exact: Completer, ignoringCase: Completer)?
    /// The worker for jobs that take longer than a step of the engine's batch.
    let worker: Worker
  }

  /// A classifier with its worker.
  struct Classifier: Sendable {
    let classifier: TextClassifier
    let worker: Worker
  }

  enum Kind: Sendable {
    case language(Language)
    case classifier(Classifier)
  }

  /// The language model; nil if it is a classifier.
  var language: Language? { if case .language(let language) = kind { language } else { nil } }
  /// The classifier; nil if it is a language model.
  var classifier: Classifier? { if case .classifier(let classifier) = kind { classifier } else { nil } }

  let name: String
  /// The SHA-256 of the file, in hexadecimal.
  let digest: String
  let kind: Kind
  let metrics: ModelMetrics
  /// The description of the model for clients.
  let card: JSONValue

  /// Reads a model file or a classifier file.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  init(
    named name: String, at path: String, precision: WeightPrecision?, limits: ServerLimits, metrics: ModelMetrics
  ) throws {
    let before = FileFingerprint(at: path)
    let file = try SafetensorsFile(contentsOf: path)
    guard let digest = SHA256.hexadecimal(ofFileAt: path) else { throw FileError.noSuchFile(path: path) }
    // The digest must be that of the loaded weights, because states are matched to models by it.
    guard before == FileFingerprint(at: path) else { throw ChangedFile(path: path) }
    (self.name, self.digest, self.metrics) = (name, digest, metrics)
    let created = (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date) ?? .now
    var members: [(String, JSONValue)] = [
      ("id", .string(name)), ("object", .string("model")), ("created", .integer(Int(created.timeIntervalSince1970))),
      ("owned_by", .string("mynah")), ("digest", .string(digest)),
    ]
    if file.metadata["mynah"] == "classifier" {
      let classifier = try TextClassifier(file)
      kind = .classifier(Classifier(classifier: classifier, worker: Worker(limit: limits.queue)))
      members += [
        ("kind", .string("classifier")), ("method", .string("\(classifier.method)")),
        ("labels", .array(classifier.labels.map { .string($0) })),
      ]
    } else {
      let model = try ModelFile(file)
      let precision = precision ?? model.precision
      let network = InferenceModel(model.model, precision: precision)
      kind = .language(
        Language(
          engine: Engine(network, tokenizer: model.tokenizer, limits: limits, metrics: metrics),
          tokenizer: model.tokenizer, statePolicy: model.statePolicy, map: EmbeddingMap(model.model.embedding),
          completers: try Self.completers(network, model), worker: Worker(limit: limits.queue)))
      members += [
        ("kind", .string("languageModel")), ("tokenizer", .string(model.tokenizer.kind)),
        ("vocabularySize", .integer(model.tokenizer.vocabulary.count)),
        ("parameterCount", .integer(model.model.architecture.parameterCount)),
        ("architecture", .string(Self.description(of: model.model.architecture))),
        ("precision", .string(precision.rawValue)), ("state", .string(model.statePolicy.name)),
      ]
    }
    card = .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
  }

  private static func completers(
    _ network: InferenceModel, _ file: ModelFile
  ) throws -> (exact: Completer, ignoringCase: Completer)? {
    func completer(ignoresCase: Bool) throws -> Completer {
      try Completer(
        NeuralPredictor(network), tokenizer: file.tokenizer, policy: file.statePolicy, ignoresCase: ignoresCase)
    }
    do {
      return (try completer(ignoresCase: false), try completer(ignoresCase: true))
    } catch InferenceError.noCompletion {
      return nil
    }
  }

  /// Returns a description of the layers: "embedding 128, LSTM 512, LSTM 512, softmax of 65".
  private static func description(of architecture: ModelArchitecture) -> String {
    let configuration = architecture.configuration
    return
      (["embedding \(configuration.embeddingSize)"]
      + architecture.layers.map { "\($0.kind.title) \($0.shape.hiddenSize)" }
      + [
        "\(architecture.output.kind.title.lowercased())\(architecture.output.shape.isTied ? ", tied," : "") of "
          + "\(configuration.vocabularySize.grouped)"
      ]).joined(separator: ", ")
  }
}
#endif
