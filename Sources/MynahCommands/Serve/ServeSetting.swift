#if Server
import Foundation
import Logging
import MynahIO
import MynahModels
import MynahServer

/// A setting of the server: where it comes from, and what it changes.
struct ServeSetting {
  /// The settings of a server and of its process.
  struct Settings {
    var server: ServerSettings
    var threads: Int?
  }

  /// The name of the flag without its dashes, and of the file's member.
  let name: String
  /// A Boolean value indicating whether the environment variable holds several values, separated by commas.
  var isList = false
  /// The values on the command line.
  private let given: (ServeOptions) -> [String]
  /// Applies the values.
  private let apply: (inout Settings, [String]) throws(Wrong) -> Void

  /// The error for an invalid value.
  struct Wrong: Error {
    let expected: String
    let found: String
  }

  var variable: String { "MYNAH_SERVE_" + name.uppercased().replacing("-", with: "_") }

  /// Collects the settings: the command line has priority over the environment, and the environment over the file.
  ///
  /// - Throws: `ServeSettingError`, `FileError`.
  static func settings(_ models: [String], _ options: ServeOptions) throws -> Settings {
    let environment = ProcessInfo.processInfo.environment
    let file = options.configuration ?? environment["MYNAH_SERVE_CONFIGURATION"]
    var members: [String: JSONValue] = [:]
    if let file { members = try read(file) }
    var settings = Settings(server: ServerSettings(models: []))
    for setting in all {
      let member = members.removeValue(forKey: setting.name)
      let given = setting.given(options)
      let (values, source): ([String], String)
      if !given.isEmpty {
        (values, source) = (given, "--\(setting.name)")
      } else if let variable = environment[setting.variable] {
        (values, source) = (
          setting.isList ? variable.split(separator: ",").map(String.init) : [variable], setting.variable
        )
      } else if let member, let file {
        (values, source) = (try texts(of: member, setting.name, file), "\(setting.name.quoted()) in \(file.quoted())")
      } else {
        continue
      }
      do {
        try setting.apply(&settings, values)
      } catch {
        throw ServeSettingError(sentence: "expected \(error.expected) for \(source), found \(error.found.quoted())")
      }
    }
    let listed = try members.removeValue(forKey: "models").map { try texts(of: $0, "models", file ?? "") }
    if let name = members.keys.sorted().first {
      throw ServeSettingError(
        sentence: "\((file ?? "").quoted()) sets \(name.quoted()), which is not a setting; the settings are models, "
          + all.map(\.name).joined(separator: ", "))
    }
    try check(environment)
    guard settings.server.allowedHosts.isEmpty || settings.server.isLoopback else {
      throw ServeSettingError(
        sentence: "--allow-host has no effect with --host \(settings.server.host): only a server at a loopback address "
          + "checks the host of requests")
    }
    let variable = environment["MYNAH_SERVE_MODELS"].map { $0.split(separator: ":").map(String.init) }
    settings.server.models = (models.isEmpty ? variable ?? listed ?? [] : models).map { ModelSource($0) }
    try check(settings.server.models)
    return settings
  }

  /// Checks that every environment variable for the server belongs to a setting.
  private static func check(_ environment: [String: String]) throws {
    let known = Set(all.map(\.variable) + ["MYNAH_SERVE_MODELS", "MYNAH_SERVE_CONFIGURATION"])
    guard let name = environment.keys.sorted().first(where: { $0.hasPrefix("MYNAH_SERVE_") && !known.contains($0) })
    else { return }
    throw ServeSettingError(
      sentence: "\(name) is not a setting; the variables are \(known.sorted().joined(separator: ", "))")
  }

  private static func check(_ models: [ModelSource]) throws {
    guard !models.isEmpty else {
      throw ServeSettingError(sentence: "expected a model to serve, found none; name a file")
    }
    for (index, model) in models.enumerated() where models[..<index].contains(where: { $0.name == model.name }) {
      throw ServeSettingError(
        sentence: "two models have the name \(model.name.quoted()); name one of them as NAME=FILE")
    }
  }

  private static func read(_ path: String) throws -> [String: JSONValue] {
    let value = try JSONValue(parsing: TextFile(at: path).text) { defect in
      ServeSettingError(
        sentence: "expected JSON in \(path.quoted()): expected \(defect.expected), found \(defect.found) at byte "
          + "\(defect.offset)", failureCode: .badData)
    }
    guard let members = value.members else {
      throw ServeSettingError(
        sentence: "expected a JSON object in \(path.quoted()), found \(value.kind)", failureCode: .badData)
    }
    return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
  }

  private static func texts(of value: JSONValue, _ name: String, _ path: String) throws -> [String] {
    switch value {
    case .string(let text): [text]
    case .number(let text): [text]
    case .bool(let bool): ["\(bool)"]
    case .array(let elements): try elements.flatMap { try texts(of: $0, name, path) }
    case .null, .object:
      throw ServeSettingError(
        sentence: "expected a string, a number, true, false or an array for \(name.quoted()) in \(path.quoted()), "
          + "found \(value.kind)", failureCode: .badData)
    }
  }
}

/// An error of a server's settings.
struct ServeSettingError: CommandFailure {
  let sentence: String
  var failureCode = FailureCode.usage
}

extension ServeSetting {
  /// All settings.
  static var all: [ServeSetting] {
    [
      text("host", \.host) { $0.server.host = $1 },
      integer("port", \.port, 0...65_535) { $0.server.port = $1 },
      ServeSetting(name: "allow-host", isList: true, given: { $0.allowHost }) { $0.server.allowedHosts = $1 },
      ServeSetting(name: "tokens-file", given: { $0.tokensFile.map { [$0] } ?? [] }) { settings, values throws(Wrong) in
        settings.server.tokens = try tokens(at: values.last ?? "")
      },
      text("cors-origin", \.corsOrigin) { $0.server.corsOrigin = $1 },
      ServeSetting(name: "precision", given: { $0.precision.map { [$0] } ?? [] }) { settings, values throws(Wrong) in
        guard let precision = WeightPrecision(rawValue: values.last ?? "") else {
          throw Wrong(expected: "one of \(WeightPrecisionOptions.names)", found: values.last ?? "")
        }
        settings.server.precision = precision
      },
      integer("threads", \.threads, 1...1024) { $0.threads = $1 },
      integer("max-streams", \.maxStreams, 1...65_536) { $0.server.limits.streams = $1 },
      integer("max-queue", \.maxQueue, 1...1_000_000) { $0.server.limits.queue = $1 },
      integer("max-body", \.maxBody, 1...(1 << 30)) { $0.server.limits.bodyBytes = $1 },
      integer("max-prompt", \.maxPrompt, 1...(1 << 30)) { $0.server.limits.promptTokens = $1 },
      integer("max-tokens", \.maxTokens, 1...(1 << 30)) { $0.server.limits.tokens = $1 },
      integer("max-states", \.maxStates, 0...10_000_000) { $0.server.limits.states = $1 },
      integer("max-connections", \.maxConnections, 1...1_000_000) { $0.server.limits.connections = $1 },
      integer("state-seconds", \.stateSeconds, 1...31_536_000) { $0.server.limits.stateSeconds = $1 },
      integer("request-seconds", \.requestSeconds, 1...86_400) { $0.server.limits.requestSeconds = $1 },
      integer("transfer-seconds", \.transferSeconds, 1...86_400) { $0.server.limits.transferSeconds = $1 },
      ServeSetting(name: "log-level", given: { $0.logLevel.map { [$0] } ?? [] }) { settings, values throws(Wrong) in
        guard let level = Logger.Level(rawValue: values.last ?? ""), level != .critical else {
          throw Wrong(expected: "trace, debug, info, notice, warning or error", found: values.last ?? "")
        }
        settings.server.logLevel = level
      },
      ServeSetting(name: "log-json", given: { $0.logJSON ? ["true"] : [] }) { settings, values throws(Wrong) in
        guard let bool = ["true": true, "1": true, "false": false, "0": false][values.last ?? ""] else {
          throw Wrong(expected: "true or false", found: values.last ?? "")
        }
        settings.server.logsJSON = bool
      },
    ]
  }

  private static func text(
    _ name: String, _ given: @escaping (ServeOptions) -> String?, _ apply: @escaping (inout Settings, String) -> Void
  ) -> ServeSetting {
    ServeSetting(name: name, given: { given($0).map { [$0] } ?? [] }) { settings, values throws(Wrong) in
      guard let value = values.last, !value.isEmpty else { throw Wrong(expected: "a text", found: "") }
      apply(&settings, value)
    }
  }

  private static func integer(
    _ name: String, _ given: @escaping (ServeOptions) -> String?, _ range: ClosedRange<Int>,
    _ apply: @escaping (inout Settings, Int) -> Void
  ) -> ServeSetting {
    ServeSetting(name: name, given: { given($0).map { [$0] } ?? [] }) { settings, values throws(Wrong) in
      guard let value = values.last.flatMap({ Int($0) }), range.contains(value) else {
        throw Wrong(
          expected: "an integer from \(range.lowerBound) to \(range.upperBound)", found: values.last ?? "")
      }
      apply(&settings, value)
    }
  }

  /// Reads bearer tokens, one per line.
  private static func tokens(at path: String) throws(Wrong) -> [String] {
    let text: String
    do { text = try TextFile(at: path).text } catch {
      throw Wrong(expected: "a file of tokens (\(error))", found: path)
    }
    let tokens = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard !tokens.isEmpty else { throw Wrong(expected: "a file with one token per line", found: path) }
    return tokens
  }
}
#endif
