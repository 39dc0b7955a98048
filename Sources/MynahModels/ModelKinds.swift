/// The kinds of recurrent cells and output layers that a model can have.
///
/// ```swift
/// let kinds = ModelKinds.standard.adding(.leaky)
/// let file = try ModelFile(contentsOf: "model.safetensors", kinds: kinds)
/// ```
public struct ModelKinds: Sendable {
  /// The kinds of recurrent cells.
  public var cells: CellKinds
  /// The kinds of output layers.
  public var outputs: OutputKinds

  /// The built-in kinds.
  public static let standard = ModelKinds(cells: .standard, outputs: .standard)

  /// Creates a list of kinds.
  public init(cells: CellKinds = .standard, outputs: OutputKinds = .standard) {
    (self.cells, self.outputs) = (cells, outputs)
  }

  /// Returns the list with one more kind of cell, which replaces a kind of the same name.
  public func adding(_ kind: CellKind) -> ModelKinds { ModelKinds(cells: cells.adding(kind), outputs: outputs) }

  /// Returns the list with one more kind of output layer, which replaces a kind of the same name.
  public func adding(_ kind: OutputKind) -> ModelKinds { ModelKinds(cells: cells, outputs: outputs.adding(kind)) }
}
