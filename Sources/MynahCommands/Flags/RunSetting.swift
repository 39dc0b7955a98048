import ArgumentParser
import MynahModels
import MynahText
import MynahTraining

/// The settings of a run that flags determine.
struct RunSettings {
  var model: LanguageModelConfiguration
  var training: TrainingConfiguration
  /// The tokenizer of the run's text.
  let tokenizer: AnyTokenizer

  /// The architecture of the run's model.
  ///
  /// - Throws: `ValidationError` if no model can be built.
  func architecture() throws -> ModelArchitecture {
    do throws(ModelError) {
      return try ModelArchitecture(model)
    } catch {
      throw ValidationError(error.description)
    }
  }
}

/// A flag of `train` and the setting that it controls: a new run takes the flag's value, and a resumed run must have
/// the same value.
struct RunSetting {
  /// The flag: `--batch`.
  let flag: String
  /// The given value as text; nil without the flag.
  let given: String?
  private let read: (RunSettings) -> String?
  private let write: (inout RunSettings) throws -> Void

  /// Creates a flag whose setting is written together with others.
  ///
  /// - Parameter read: Returns the value that a run has; nil if it has none.
  init<Value>(_ flag: String, _ given: Value?, read: @escaping (RunSettings) -> Value?) {
    self.init(flag, given, read: read) { _, _ in }
  }

  /// Creates a flag with its setting.
  init<Value>(
    _ flag: String, _ given: Value?, read: @escaping (RunSettings) -> Value?,
    write: @escaping (inout RunSettings, Value) throws -> Void
  ) {
    self.flag = flag
    self.given = given.map(Self.text)
    self.read = { read($0).map(Self.text) }
    self.write = { settings in
      if let given { try write(&settings, given) }
    }
  }

  /// Creates a flag whose setting is one property.
  init<Value>(_ flag: String, _ given: Value?, at path: WritableKeyPath<RunSettings, Value>) {
    self.init(flag, given, read: { $0[keyPath: path] }) { $0[keyPath: path] = $1 }
  }

  /// Creates a flag whose setting is one optional property.
  init<Value>(_ flag: String, _ given: Value?, atOptional path: WritableKeyPath<RunSettings, Value?>) {
    self.init(flag, given, read: { $0[keyPath: path] }) { $0[keyPath: path] = $1 }
  }

  /// Creates a Boolean flag.
  init(_ flag: String, isOn: Bool, at path: WritableKeyPath<RunSettings, Bool>) {
    self.init(flag, isOn ? true : nil, at: path)
  }

  /// Writes the value that was given, if any.
  func apply(to settings: inout RunSettings) throws { try write(&settings) }

  /// Checks that the given value, if any, equals that of a run.
  ///
  /// - Throws: `CommandError.otherSetting`.
  func expect(in settings: RunSettings) throws {
    guard let given else { return }
    let own = read(settings)
    guard own != given else { return }
    throw CommandError.otherSetting(flag: flag, given: given, own: own)
  }

  private static func text(_ value: some Any) -> String {
    switch value {
    case let value as Bool: value ? "on" : "off"
    case let value as String: ["true": "on", "false": "off"][value] ?? value
    case let values as [Any]: values.map { "\($0)" }.joined(separator: ",")
    default: "\(value)"
    }
  }
}

/// Flags that determine settings of a run.
protocol RunOptions {
  /// The flags with their settings.
  var settings: [RunSetting] { get }

  /// Applies the given flags to the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the resulting settings are invalid.
  func apply(to run: inout RunSettings) throws
}

extension RunOptions {
  func apply(to run: inout RunSettings) throws { try applySettings(to: &run) }

  /// Applies the settings that are not written together with others.
  func applySettings(to run: inout RunSettings) throws {
    for setting in settings { try setting.apply(to: &run) }
  }
}
