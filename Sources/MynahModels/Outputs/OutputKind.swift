import MynahIO
public import MynahTensors

/// A kind of output layer: its name, its parameters, and the layer itself.
///
/// `ModelKinds.standard.adding(_:)` adds a custom kind to those that models, files and training accept.
public struct OutputKind: Sendable {
  /// The name in model files and user input: "softmax".
  public let name: String
  /// The name in summaries: "mixture of softmaxes".
  public let title: String
  /// The reason why no layer of a shape can be built; nil if one can.
  public let defect: @Sendable (OutputShape) -> String?
  /// The reason why a layer of a shape cannot be trained with an objective; nil if it can.
  public let objectiveDefect: @Sendable (OutputShape, TrainingObjective) -> String?
  /// A Boolean value indicating whether the layers have latent vectors, elements of which can be dropped in training
  /// (see `OutputLayer.dropping`).
  public let hasLatentVectors: Bool
  /// The parameters of a layer, in order, without a tied weight.
  public let parameters: @Sendable (OutputShape) -> [ParameterSpec]
  /// The number of multiplications for one vector in a forward pass of training with an objective.
  public let multiplications: @Sendable (OutputShape, TrainingObjective) -> Int
  /// The layer, created from its parameters in the order of `parameters`, and the embedding's table [V, E] if tied.
  public let layer: @Sendable (OutputShape, _ parameters: [Variable], _ embedding: Variable) -> any OutputLayer

  /// Creates a kind.
  ///
  /// - Parameters:
  ///   - name: The name in model files and user input: lower case, without ":" and ",".
  ///   - title: The name in summaries; by default the name.
  ///   - defect: The reason why no layer of a shape can be built; by default every shape can.
  ///   - objectiveDefect: The reason why a layer cannot be trained with an objective; by default only `full` can.
  ///   - hasLatentVectors: A Boolean value indicating whether the layers have latent vectors, elements of which can be
  ///     dropped in training.
  ///   - parameters: The parameters of a layer, without a tied weight.
  ///   - multiplications: The number of multiplications for one vector; by default one for each weight of the matrices,
  ///     including a tied one.
  ///   - layer: The layer, created from its parameters.
  public init(
    _ name: String, title: String? = nil,
    defect: @escaping @Sendable (OutputShape) -> String? = { _ in nil },
    objectiveDefect: (@Sendable (OutputShape, TrainingObjective) -> String?)? = nil,
    hasLatentVectors: Bool = false,
    parameters: @escaping @Sendable (OutputShape) -> [ParameterSpec],
    multiplications: (@Sendable (OutputShape, TrainingObjective) -> Int)? = nil,
    layer: @escaping @Sendable (OutputShape, [Variable], Variable) -> any OutputLayer
  ) {
    (self.name, self.title) = (name, title ?? name)
    (self.defect, self.parameters, self.layer) = (defect, parameters, layer)
    self.hasLatentVectors = hasLatentVectors
    self.multiplications =
      multiplications
      ?? { shape, _ in
        parameters(shape).filter { $0.shape.rank == 2 }
          .reduce(shape.isTied ? shape.vocabularySize * shape.embeddingSize : 0) { $0 + $1.shape.elementCount }
      }
    self.objectiveDefect =
      objectiveDefect
      ?? { $1 == .full ? nil : "the output layer '\(name)' can only be trained with the full softmax, found \($1)" }
  }
}

/// The sizes of an output layer: everything that its parameters' shapes depend on.
public struct OutputShape: Hashable, Sendable {
  /// H, the size of the last recurrent layer's outputs.
  public let hiddenSize: Int
  /// V, the number of tokens.
  public let vocabularySize: Int
  /// E, the size of the embeddings, which a tied layer shares.
  public let embeddingSize: Int
  /// The sizes that the configuration gives, whose meaning depends on the kind.
  public let sizes: [Int]
  /// A Boolean value indicating whether the layer shares the embedding's table.
  public let isTied: Bool

  /// Creates a shape.
  public init(hiddenSize: Int, vocabularySize: Int, embeddingSize: Int, sizes: [Int] = [], isTied: Bool = false) {
    (self.hiddenSize, self.vocabularySize, self.embeddingSize) = (hiddenSize, vocabularySize, embeddingSize)
    (self.sizes, self.isTied) = (sizes, isTied)
  }
}

/// The output layer of a model's configuration.
public struct OutputConfiguration: Hashable, Codable, Sendable {
  /// The name of the layer's kind: "softmax".
  public var kind: String
  /// The layer's sizes, whose meaning depends on the kind.
  public var sizes: [Int]
  /// A Boolean value indicating whether the layer shares the embedding's table.
  ///
  /// O. Press, L. Wolf, "Using the output embedding to improve language models", 2017.
  public var isTied: Bool

  /// Creates an output layer of a kind.
  public init(_ kind: String, sizes: [Int] = [], tied: Bool = false) {
    (self.kind, self.sizes, isTied) = (kind, sizes, tied)
  }

  /// Looks up the layer's kind and checks the layer's shape.
  ///
  /// - Throws: `ModelError.impossible` if no layer can be built.
  func kind(in kinds: OutputKinds, of shape: OutputShape) throws(ModelError) -> OutputKind {
    guard let kind = kinds[kind] else {
      throw .impossible(
        reason: "unknown kind of output layer '\(kind.excerpt())'; expected one of "
          + kinds.all.map(\.name).joined(separator: ", "))
    }
    if let defect = kind.defect(shape) { throw .impossible(reason: defect) }
    return kind
  }
}

/// The kinds of output layers that models can have.
public struct OutputKinds: Sendable {
  /// The kinds, in the order in which they are listed.
  public private(set) var all: [OutputKind]

  /// The built-in kinds.
  public static let standard = OutputKinds(all: [.softmax, .adaptiveSoftmax, .mixtureOfSoftmaxes])

  /// Returns the list with one more kind, which replaces a kind of the same name.
  public func adding(_ kind: OutputKind) -> OutputKinds {
    OutputKinds(all: all.filter { $0.name != kind.name } + [kind])
  }

  /// The kind with the given name; nil if there is none.
  public subscript(name: String) -> OutputKind? { all.first { $0.name == name } }

  private init(all: [OutputKind]) { self.all = all }
}
