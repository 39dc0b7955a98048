#if Server
import MynahAnalysis
import MynahModels

/// The principal components of a model's embeddings, computed apart from other work and kept.
actor EmbeddingMap {
  /// The numbers of tokens whose maps are kept.
  private static let capacity = 4

  private let thread = EngineThread()
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  private let embedding: Embedding
  private var known: [(count: Int, places: [Double])] = []

  init(_ embedding: Embedding) { self.embedding = embedding }

  /// Returns the coordinates of the first tokens of the vocabulary, one after another.
  ///
  /// - Throws: `AnalysisError.notFinite`.
  func places(_ ids: [Int32]) throws -> [Double] {
    if let found = known.first(where: { $0.count == ids.count }) { return found.places }
    let vectors = PointSet(ids, of: embedding)
    let places = try PrincipalComponents(of: vectors).project(vectors).coordinates
    known = known.suffix(Self.capacity - 1) + [(ids.count, places)]
    return places
  }
}
#endif
