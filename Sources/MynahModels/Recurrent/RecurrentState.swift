import MynahIO
public import MynahTensors

/// The state of one recurrent layer: named tensors with a batch axis.
///
/// A state is an argument and a result of every pass, never hidden in a layer. Each kind of cell has its own parts: a
/// GRU `hidden`, an LSTM `hidden` and `cell`, a QRNN of window 2 `cell` and `input`.
public struct LayerState: Sendable {
  /// The names of the parts, in their order.
  public let names: [String]
  /// The parts, each of shape [B, …].
  public internal(set) var parts: [Variable]

  /// Creates a state from its parts.
  ///
  /// - Precondition: the names differ.
  public init(_ parts: KeyValuePairs<String, Variable>) {
    self.init(names: parts.map(\.key), parts: parts.map(\.value))
  }

  /// Creates the state of a cell that keeps its output and nothing else.
  public init(hidden: Variable) { self.init(["hidden": hidden]) }

  /// Creates the state of an LSTM: h [B, H] and c [B, H].
  public init(hidden: Variable, cell: Variable) { self.init(["hidden": hidden, "cell": cell]) }

  package init(names: [String], parts: [Variable]) {
    require(
      names.count == parts.count && Set(names).count == names.count,
      "a layer's state of \(names) cannot have \(parts.count) parts")
    (self.names, self.parts) = (names, parts)
  }

  /// The part with the given name.
  ///
  /// - Precondition: the state has the part.
  public subscript(name: String) -> Variable {
    guard let index = names.firstIndex(of: name) else {
      requirementFailure("a layer's state of \(names) has no part '\(name)'")
    }
    return parts[index]
  }

  /// h, the output of the last step.
  public var hidden: Variable { self["hidden"] }
  /// c, the cells of an LSTM.
  public var cell: Variable { self["cell"] }

  /// B, the number of rows; 0 if the state has no parts.
  public var batchSize: Int { parts.first?.shape[0] ?? 0 }

  /// Returns a state of the same parts with other values.
  public func with(_ parts: [Variable]) -> LayerState { LayerState(names: names, parts: parts) }

  /// The same values as constants: gradients stop here (truncated back-propagation through time).
  public var detached: LayerState { with(parts.map(\.detached)) }

  /// Returns this state in the rows where a mask [B, 1] is not zero and another state in the other rows.
  func masked(by mask: Tensor, otherwise other: LayerState) -> LayerState {
    with(zip(parts, other.parts).map { $0.masked(by: mask, otherwise: $1) })
  }
}

/// The states of all recurrent layers of a model: the same type in training, inference and files.
///
/// A state is a value: a copy is independent of it. Its size does not depend on the length of the text.
public struct RecurrentState: Sendable {
  /// The states of the layers, the one next to the embedding first.
  public internal(set) var layers: [LayerState]
  /// The number of steps that led to this state.
  public internal(set) var stepCount = 0

  /// Creates a state from those of the layers.
  public init(_ layers: [LayerState]) { self.layers = layers }

  /// B, the number of rows, or of streams in inference.
  public var batchSize: Int { layers.lazy.map(\.batchSize).first { $0 > 0 } ?? 0 }

  /// The size of the state's values in bytes.
  public var byteCount: Int {
    layers.joined.reduce(0) { $0 + $1.shape.elementCount } * MemoryLayout<Float>.size
  }

  /// The same values as constants: gradients stop here (truncated back-propagation through time).
  public var detached: RecurrentState { mapping { $0.detached } }

  /// Returns a state of some of the rows, in a given order; a row may occur several times.
  ///
  /// - Precondition: the rows are in 0 ..< B.
  public func selecting(_ rows: [Int]) -> RecurrentState {
    require(
      rows.allSatisfy { (0..<batchSize).contains($0) }, "rows \(rows) are not all in a state of \(batchSize)")
    return mapping { $0.with($0.parts.map { $0.gathered(rows) }) }
  }

  /// Returns the state with some rows reset to zeros, the state at the beginning of a text.
  ///
  /// - Precondition: the rows are in 0 ..< B.
  public func resetting(_ rows: [Int]) -> RecurrentState {
    require(
      rows.allSatisfy { (0..<batchSize).contains($0) }, "rows \(rows) are not all in a state of \(batchSize)")
    guard !rows.isEmpty else { return self }
    let mask = Tensor(shape: [batchSize, 1], (0..<batchSize).map { rows.contains($0) ? 0 : 1 })
    return mapping { $0.with($0.parts.map { $0.masked(by: mask) }) }
  }

  /// Returns the state of one row repeated, for several continuations of one text.
  ///
  /// - Precondition: there is one row; the count is positive.
  public func repeated(_ count: Int) -> RecurrentState {
    require(batchSize == 1 && count > 0, "a state of \(batchSize) rows cannot be repeated \(count) times")
    return selecting([Int](repeating: 0, count: count))
  }

  /// Returns the rows of several states as one state, in order; its step count is that of the first state.
  ///
  /// - Precondition: there is at least one state, and all have the same layers and parts of the same sizes.
  package static func concatenating(_ states: [RecurrentState]) -> RecurrentState {
    guard let first = states.first else { requirementFailure("expected a state to concatenate") }
    guard states.count > 1 else { return first }
    require(states.dropFirst().allSatisfy { $0.hasParts(of: first) }, "states of different layers cannot form a batch")
    var result = first
    result.layers = first.layers.indices.map { layer in
      first.layers[layer].with(
        first.layers[layer].parts.indices.map { part in
          Variable(.concatenating(states.map { $0.layers[layer].parts[part].value }))
        })
    }
    return result
  }

  /// Returns the state of one row, with the given step count.
  ///
  /// - Precondition: the row is in 0 ..< B.
  package func row(_ row: Int, after stepCount: Int) -> RecurrentState {
    var result = batchSize == 1 ? self : selecting([row])
    result.stepCount = stepCount
    return result
  }

  /// Returns a Boolean value indicating whether another state has the same layers, and parts of the same sizes, for any
  /// batch size.
  package func hasParts(of other: RecurrentState) -> Bool {
    layers.count == other.layers.count
      && zip(layers, other.layers).allSatisfy { own, other in
        own.names == other.names
          && zip(own.parts, other.parts).allSatisfy { $0.shape[1] == $1.shape[1] && $0.shape[0] == batchSize }
      }
  }

  /// Returns a pointer to one part's values for a kernel to write; valid while the state exists and is not copied.
  ///
  /// - Precondition: the part is a constant.
  package mutating func mutableBase(layer: Int, part: Int) -> UnsafeMutablePointer<Float> {
    unsafe layers[layer].parts[part].mutableBase
  }

  /// Adds the steps that a kernel ran to the count.
  package mutating func advance(by count: Int) { stepCount += count }

  /// Replaces the state of one layer.
  package mutating func replace(layer: Int, by state: LayerState) { layers[layer] = state }

  private func mapping(_ transform: (LayerState) -> LayerState) -> RecurrentState {
    var result = self
    result.layers = layers.map(transform)
    return result
  }
}

extension [LayerState] {
  /// The parts of all layers, in order.
  fileprivate var joined: [Variable] { flatMap(\.parts) }
}

extension LayerState: Equatable {
  public static func == (left: LayerState, right: LayerState) -> Bool {
    left.names == right.names && left.parts.map(\.value) == right.parts.map(\.value)
  }
}

extension RecurrentState: Equatable {}

// Coded as {"batchSize": 1, "layers": [[{"name": "hidden", "values": […]}, …], …], "stepCount": 7}.
extension RecurrentState: Codable {
  private struct Coded: Codable {
    struct Part: Codable {
      let name: String
      let values: [Float]
    }
    let batchSize, stepCount: Int
    let layers: [[Part]]
  }

  public init(from decoder: any Decoder) throws {
    let coded = try Coded(from: decoder)
    let parts = coded.layers.joined()
    // Larger counts could overflow as further steps are added.
    guard coded.batchSize > 0, (0...1 << 53).contains(coded.stepCount),
      parts.allSatisfy({ $0.values.count.isMultiple(of: coded.batchSize) }),
      coded.layers.allSatisfy({ Set($0.map(\.name)).count == $0.count })
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a state's values must fill its rows"))
    }
    self.init(
      coded.layers.map { layer in
        LayerState(
          names: layer.map(\.name),
          parts: layer.map { part in
            Variable(Tensor(shape: [coded.batchSize, part.values.count / coded.batchSize], part.values))
          })
      })
    stepCount = coded.stepCount
  }

  public func encode(to encoder: any Encoder) throws {
    let layers = layers.map { layer in
      zip(layer.names, layer.parts).map { Coded.Part(name: $0, values: $1.value.elements) }
    }
    try Coded(batchSize: batchSize, stepCount: stepCount, layers: layers).encode(to: encoder)
  }
}
