#if Server
import Foundation
import MynahInference
import MynahIO

/// The states that clients have created, each with its owner, until they expire.
actor StateStore {
  /// A stored state.
  struct Entry: Sendable {
    let id: String
    let owner: String
    /// The name and the digest of the model.
    let model, digest: String
    let created: Date
    var expires: Date
    var text: TextState

    /// The state as JSON.
    var json: JSONValue { .object(members) }

    /// The members of the state as JSON.
    var members: [JSONValue.Member] {
      [
        .init(name: "id", value: .string(id)), .init(name: "object", value: .string("state")),
        .init(name: "model", value: .string(model)), .init(name: "tokenCount", value: .integer(text.tokenCount)),
        .init(name: "byteCount", value: .integer(text.byteCount)),
        .init(name: "created", value: .integer(Int(created.timeIntervalSince1970))),
        .init(name: "expires", value: .integer(Int(expires.timeIntervalSince1970))),
      ]
    }
  }

  private let limits: ServerLimits
  private var entries: [String: Entry] = [:]

  init(limits: ServerLimits) { self.limits = limits }

  /// The number of states and their total size in bytes.
  var size: (count: Int, bytes: Int) {
    removeExpired()
    return (entries.count, entries.values.reduce(0) { $0 + $1.text.byteCount })
  }

  /// Stores a state.
  ///
  /// - Throws: `ServerFailure` if there are too many.
  func add(_ text: TextState, of model: ServedModel, owner: String) throws(ServerFailure) -> Entry {
    removeExpired()
    guard entries.count < limits.states else {
      throw ServerFailure(
        status: 429, kind: .rateLimit,
        message: "the server stores at most \(limits.states) states; delete some, or wait until some expire",
        code: "too_many_states", retryAfter: 60)
    }
    let entry = Entry(
      id: "state-" + UUID().uuidString.lowercased(), owner: owner, model: model.name, digest: model.digest,
      created: .now, expires: expiry, text: text)
    entries[entry.id] = entry
    return entry
  }

  /// Returns a state of an owner and extends its lifetime.
  func entry(_ id: String, owner: String) throws(ServerFailure) -> Entry {
    removeExpired()
    guard var entry = entries[id], entry.owner == owner else {
      throw .notFound(
        "there is no state \(id.prefix(60).description.quoted()); it may have expired", code: "state_not_found")
    }
    entry.expires = expiry
    entries[id] = entry
    return entry
  }

  /// Returns a state of an owner, which must belong to the given model.
  func state(_ id: String, of model: ServedModel, owner: String) throws(ServerFailure) -> Entry {
    let entry = try entry(id, owner: owner)
    guard entry.model == model.name else {
      throw .invalid(
        "the state \(id.quoted()) belongs to the model \(entry.model.quoted()); name that model", "state",
        code: "state_of_other_model")
    }
    guard entry.digest == model.digest else {
      throw .notFound(
        "the state \(id.quoted()) belongs to an earlier version of its model; create it again", code: "state_not_found")
    }
    return entry
  }

  /// Returns the text of a state; nil if the id is nil.
  func text(_ id: String?, of model: ServedModel, owner: String) throws(ServerFailure) -> TextState? {
    guard let id else { return nil }
    return try state(id, of: model, owner: owner).text
  }

  /// Replaces a state, which must not have changed in the meantime.
  func replace(_ entry: Entry, by text: TextState) throws(ServerFailure) -> Entry {
    guard let current = entries[entry.id], current.text.tokenCount == entry.text.tokenCount else {
      throw ServerFailure(
        status: 409, kind: .invalidRequest, message: "another request has changed or deleted the state in the meantime",
        code: "state_conflict")
    }
    var changed = current
    changed.text = text
    changed.expires = expiry
    entries[entry.id] = changed
    return changed
  }

  /// Returns the states of an owner, oldest first.
  func list(owner: String) -> [Entry] {
    removeExpired()
    return entries.values.filter { $0.owner == owner }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
  }

  func delete(_ id: String, owner: String) throws(ServerFailure) {
    _ = try entry(id, owner: owner)
    entries[id] = nil
  }

  private var expiry: Date { .now + TimeInterval(limits.stateSeconds) }

  private func removeExpired() {
    let now = Date.now
    for (id, entry) in entries where entry.expires < now { entries[id] = nil }
  }
}
#endif
