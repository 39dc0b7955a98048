import MynahIO

/// A recurrent layer of a model: its kind, size and settings.
public struct LayerConfiguration: Hashable, Sendable {
  /// The name of the layer's kind: "lstm".
  public var kind: String
  /// H, the number of hidden units; at least 1.
  public var hiddenSize: Int
  /// The kind's settings; missing ones have the kind's defaults.
  public var settings: [String: Double]

  /// Creates a layer of a kind.
  public init(_ kind: String, _ hiddenSize: Int, settings: [String: Double] = [:]) {
    (self.kind, self.hiddenSize, self.settings) = (kind, hiddenSize, settings)
  }

  /// Creates a layer of a kind.
  public init(_ kind: CellKind, _ hiddenSize: Int, settings: [String: Double] = [:]) {
    self.init(kind.name, hiddenSize, settings: settings)
  }

  /// The largest size that a configuration may have.
  static let largestSize = 1 << 24

  /// Looks up the layer's kind and checks size and settings.
  ///
  /// - Throws: `ModelError.impossible` if no layer can be built.
  func kind(in kinds: CellKinds) throws(ModelError) -> CellKind {
    guard let kind = kinds[kind] else {
      throw .impossible(
        reason: "unknown kind of layer '\(kind.excerpt())'; expected one of "
          + kinds.all.map(\.name).joined(separator: ", "))
    }
    if let defect = defect(of: kind) { throw .impossible(reason: defect) }
    return kind
  }

  private func defect(of kind: CellKind) -> String? {
    guard (1...Self.largestSize).contains(hiddenSize) else {
      return "sizes must be in 1 ... \(Self.largestSize), found \(hiddenSize)"
    }
    if let name = settings.keys.sorted().first(where: { name in !kind.settings.contains { $0.name == name } }) {
      return "a layer of kind '\(kind.name)' has no setting '\(name.excerpt())'"
    }
    for setting in kind.settings {
      guard let value = settings[setting.name] ?? setting.defaultValue else {
        return "a layer of kind '\(kind.name)' needs the setting '\(setting.name)'"
      }
      guard setting.allows(value) else {
        return
          "the setting '\(setting.name)' of a layer of kind '\(kind.name)' must be a \(setting.isWhole ? "whole " : "")"
          + "number in \(setting.range.lowerBound) ... \(setting.range.upperBound), found \(value)"
      }
    }
    return nil
  }
}

// Coded as {"forgetBias": 1, "hiddenSize": 256, "kind": "lstm"}.
extension LayerConfiguration: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }

    static let kind = Key(stringValue: "kind"), hiddenSize = Key(stringValue: "hiddenSize")
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      try values.decode(String.self, forKey: .kind), try values.decode(Int.self, forKey: .hiddenSize))
    for key in values.allKeys where key.stringValue != "kind" && key.stringValue != "hiddenSize" {
      settings[key.stringValue] = try values.decode(Double.self, forKey: key)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(kind, forKey: .kind)
    try values.encode(hiddenSize, forKey: .hiddenSize)
    for (name, value) in settings { try values.encode(value, forKey: Key(stringValue: name)) }
  }
}
