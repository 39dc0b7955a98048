#if Server
import Dispatch
import Logging
import MynahIO
import MynahModels
import MynahTensors
import Synchronization

/// The models of a server by name; a file that changes is reloaded while requests continue.
final class ModelRegistry: Sendable {
  private struct Slot {
    let source: ModelSource
    var model: ServedModel
    /// The fingerprint of the file at the last attempt to load it.
    var fingerprint: FileFingerprint?
    /// The fingerprint of the file at the last check; a changed file is loaded once two checks in a row agree.
    var found: FileFingerprint?
  }

  private let slots: Mutex<[Slot]>
  private let precision: WeightPrecision?
  private let limits: ServerLimits
  private let logger: Logger

  /// Loads the models.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  init(_ sources: [ModelSource], precision: WeightPrecision?, limits: ServerLimits, logger: Logger) throws {
    (self.precision, self.limits, self.logger) = (precision, limits, logger)
    slots = Mutex(
      try sources.map { source in
        let fingerprint = FileFingerprint(at: source.path)
        let model = try ServedModel(
          named: source.name, at: source.path, precision: precision, limits: limits, metrics: ModelMetrics())
        return Slot(source: source, model: model, fingerprint: fingerprint, found: fingerprint)
      })
  }

  /// The models in the order in which they were named.
  var models: [ServedModel] { slots.withLock { $0.map(\.model) } }

  /// Returns the model with a name.
  func model(_ name: String) throws(ServerFailure) -> ServedModel { try find(name, "a model") { $0 }.model }

  /// Returns the language model with a name, or the first one if the name is nil.
  func language(_ name: String?) throws(ServerFailure) -> (model: ServedModel, language: ServedModel.Language) {
    try find(name, "a language model") { $0.language }
  }

  /// Returns the classifier with a name, or the first one if the name is nil.
  func classifier(_ name: String?) throws(ServerFailure) -> (model: ServedModel, classifier: ServedModel.Classifier) {
    try find(name, "a classifier") { $0.classifier }
  }

  /// Returns a model with the part of it that a request needs.
  ///
  /// - Parameter what: The kind of model that has the part, for error messages.
  private func find<Part>(
    _ name: String?, _ what: String, _ part: (ServedModel) -> Part?
  ) throws(ServerFailure) -> (model: ServedModel, Part) {
    let models = models
    guard let name else {
      for model in models { if let part = part(model) { return (model, part) } }
      throw Self.noModel("this needs \(what), and the server has none")
    }
    guard let model = models.first(where: { $0.name == name }) else {
      let names = models.map { $0.name.quoted() }.joined(separator: ", ")
      throw Self.noModel("there is no model \(name.quoted()); the models are \(names)")
    }
    guard let part = part(model) else {
      throw .invalid("this needs \(what), which \(name.quoted()) is not", "model", code: "model_kind")
    }
    return (model, part)
  }

  private static func noModel(_ message: String) -> ServerFailure {
    ServerFailure(
      status: 404, kind: .invalidRequest, message: message, parameter: "model", code: "model_not_found")
  }

  /// Reloads the files that have changed; requests in progress finish with the old models.
  ///
  /// If a file cannot be loaded, the old model stays in use. Calls must not overlap.
  ///
  /// - Parameter isForced: A Boolean value indicating whether all files are reloaded immediately, even unchanged ones.
  func reload(isForced: Bool) async {
    for (index, slot) in slots.withLock({ $0 }).enumerated() {
      let fingerprint = FileFingerprint(at: slot.source.path)
      slots.withLock { $0[index].found = fingerprint }
      // A file that is still being written changes between two checks.
      let isChanged = fingerprint != nil && fingerprint != slot.fingerprint && fingerprint == slot.found
      guard isForced || isChanged else { continue }
      await load(index, slot, fingerprint)
    }
  }

  private func load(_ index: Int, _ slot: Slot, _ fingerprint: FileFingerprint?) async {
    // Task-local values are not inherited on the queue.
    let (precision, limits, team) = (precision, limits, ThreadTeam.current)
    let result: Result<ServedModel, any Error> = await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .utility).async {
        continuation.resume(
          returning: Result {
            try ThreadTeam.$current.withValue(team) {
              try ServedModel(
                named: slot.source.name, at: slot.source.path, precision: precision, limits: limits,
                metrics: slot.model.metrics)
            }
          })
      }
    }
    let old = slots.withLock { slots in
      slots[index].fingerprint = fingerprint
      if case .success(let model) = result { slots[index].model = model }
      return slot.model
    }
    let metadata: Logger.Metadata = ["model": "\(slot.source.name)", "file": "\(slot.source.path)"]
    switch result {
    case .success:
      old.metrics.countReload(isSuccess: true)
      logger.notice("loaded a model again", metadata: metadata)
      await old.language?.engine.retire()
    case .failure(let error):
      old.metrics.countReload(isSuccess: false)
      logger.error(
        "a model could not be reloaded; the previous one stays in use",
        metadata: metadata.merging(["error": "\(error)"]) { $1 })
    }
  }
}
#endif
