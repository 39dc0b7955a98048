import Foundation
import MynahIO
public import MynahModels
import MynahTensors

/// The nearest neighbours of tokens by the cosine similarity of their embeddings.
public struct Neighbours: Sendable {
  /// A token with its similarity.
  public struct Neighbour: Hashable, Sendable {
    /// The token's ID in the vocabulary.
    public let id: Int32
    /// The cosine of the angle between the two vectors: −1 … 1.
    public let similarity: Double
  }

  private let vectors: [Float]
  private let width: Int
  private let lengths: [Double]

  /// Creates the neighbours of a model's embeddings.
  public init(_ embedding: Embedding) {
    let weight = embedding.weight.value
    (vectors, width) = (weight.elements, weight.shape[1])
    lengths = stride(from: 0, to: vectors.count, by: max(width, 1)).map { [vectors, width] start in
      vectors[start..<start + width].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  /// Returns the tokens nearest to a token, nearest first; ties are broken by the lower ID.
  ///
  /// - Precondition: the id is in the vocabulary.
  public func nearest(to id: Int32, count: Int, leavingOut others: Set<Int32> = []) -> [Neighbour] {
    nearest(to: vector(of: id), count: count, leavingOut: others.union([id]))
  }

  /// Returns the tokens nearest to b − a + c, which complete the analogy “a is to b as c is to …”.
  ///
  /// T. Mikolov, W. Yih, G. Zweig, "Linguistic regularities in continuous space word representations", 2013; the
  /// vectors are normalised to length 1.
  public func analogies(_ a: Int32, _ b: Int32, _ c: Int32, count: Int) -> [Neighbour] {
    let (a, b, c, ids) = (unit(a), unit(b), unit(c), Set([a, b, c]))
    return nearest(to: zip(zip(a, b), c).map { $0.1 - $0.0 + $1 }, count: count, leavingOut: ids)
  }

  private func nearest(to vector: [Double], count: Int, leavingOut others: Set<Int32>) -> [Neighbour] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let all = lengths.indices.compactMap { row -> Neighbour? in
      guard !others.contains(Int32(row)) else { return nil }
      var product = 0.0
      for column in 0..<width { product += vector[column] * Double(vectors[row * width + column]) }
      let scale = length * lengths[row]
      return Neighbour(id: Int32(row), similarity: scale > 0 ? product / scale : 0)
    }
    let sorted = all.sorted { ($1.similarity, $0.id) < ($0.similarity, $1.id) }
    return Array(sorted.prefix(count))
  }

  private func vector(of id: Int32) -> [Double] {
    require(id >= 0 && Int(id) < lengths.count, "token \(id) is outside of a vocabulary of \(lengths.count)")
    return vectors[Int(id) * width..<(Int(id) + 1) * width].map { Double($0) }
  }

  private func unit(_ id: Int32) -> [Double] {
    let length = max(lengths[Int(id)], .leastNormalMagnitude)
    return vector(of: id).map { $0 / length }
  }
}
