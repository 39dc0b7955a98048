#if Server
import MynahAnalysis
import MynahModels

/// The principal components of a model's embeddings, computed separately from other work and cached.
actor EmbeddingMap {
  /// The maximum number of cached maps, one per number of tokens.
  private static let capacity = 4

  private let executor = QueueExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  private let embedding: Embedding
  private var known: [(count: Int, places: [Double])] = []

  init(_ embedding: Embedding) { self.embedding = embedding }

  /// Returns the coordinates of the first tokens of the vocabulary, one after another.
  ///
  /// - Parameter count: The number of tokens, at most all.
  /// - Throws: `AnalysisError.notFinite`.
  func places(of count: Int) throws -> [Double] {
    if let found = known.first(where: { $0.count == count }) { return found.places }
    let vectors = PointSet((0..<Int32(count)).map { $0 }, of: embedding)
    let places = try PrincipalComponents(of: vectors).project(vectors).coordinates
    known = known.suffix(Self.capacity - 1) + [(count, places)]
    return places
  }
}
#endif
