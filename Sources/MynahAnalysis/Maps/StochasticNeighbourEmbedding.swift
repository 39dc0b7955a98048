import MynahTensors

/// t-SNE: a map in the plane on which points that lie together stay together.
///
/// Minimises KL(P ‖ Q) of the points' neighbourhoods P and the map's Q by gradient descent with momentum and a gain for each coordinate, all
/// pairs counted: L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", 2008. It starts from the principal components, which keeps
/// the large distances meaningful, with the step size of A. Belkina et al., "Automated optimized parameters for t-SNE", 2019.
///
/// A step takes time in proportion to N²; 1000 points take some seconds. Equal points, settings and seeds give equal maps.
public struct StochasticNeighbourEmbedding: Hashable, Sendable {
  /// How many neighbours a point has, smoothly counted; nil: 30, or a third of the others if there are fewer.
  public var perplexity: Double?
  /// The steps of the descent.
  public var stepCount = 1000
  /// By how much points attract each other more in the first steps.
  public var exaggeration = 12.0
  /// How many these are.
  public var exaggeratedStepCount = 250
  /// What parts points that are equal.
  public var seed: UInt64

  /// Creates the usual settings.
  public init(perplexity: Double? = nil, seed: UInt64 = 1) { (self.perplexity, self.seed) = (perplexity, seed) }

  /// A map and what it costs.
  public struct Result: Hashable, Sendable {
    /// The points in the plane, in their order.
    public let map: PointSet
    /// KL(P ‖ Q) in nats.
    public let divergence: Double
    /// The perplexity that neighbourhoods have.
    public let perplexity: Double
  }

  /// Makes the map.
  ///
  /// - Parameter progress: Called with the number of each step that is done.
  /// - Throws: `AnalysisError` if coordinates are not finite or the perplexity asks for more neighbours than there are; what
  ///   `progress` throws.
  public func callAsFunction(_ points: PointSet, progress: (Int) throws -> Void = { _ in }) throws -> Result {
    let usual = max(1, min(30, Double(points.count - 1) / 3))
    let perplexity = perplexity ?? usual
    guard points.isFinite else { throw AnalysisError.notFinite(what: "the vectors") }
    guard perplexity >= 1 && (perplexity < Double(points.count) || points.count < 2) else {
      throw AnalysisError.perplexityTooLarge(perplexity: perplexity, pointCount: points.count)
    }
    let pairs = PairProbabilities(of: points, perplexity: perplexity)
    var map = try start(of: points)
    var velocity = [Double](repeating: 0, count: map.coordinates.count)
    var gains = [Double](repeating: 1, count: map.coordinates.count)
    let rate = max(Double(points.count) / exaggeration / 4, 50)
    for step in 0..<stepCount {
      let isEarly = step < exaggeratedStepCount
      let gradient = pairs.gradient(at: map, exaggeration: isEarly ? exaggeration : 1)
      for index in gradient.indices {
        // A coordinate that keeps its direction gets faster (R. Jacobs, 1988).
        let keepsDirection = (gradient[index] > 0) != (velocity[index] > 0)
        gains[index] = max(0.01, keepsDirection ? gains[index] + 0.2 : gains[index] * 0.8)
        velocity[index] = (isEarly ? 0.5 : 0.8) * velocity[index] - rate * gains[index] * gradient[index]
        map.coordinates[index] += velocity[index]
      }
      try progress(step + 1)
    }
    return Result(map: map.centred, divergence: pairs.divergence(of: map), perplexity: perplexity)
  }

  /// The principal components, so small that at first all points are neighbours, and moved by a hundredth.
  private func start(of points: PointSet) throws(AnalysisError) -> PointSet {
    let components = try PrincipalComponents(of: points, count: 2)
    let projected = components.project(points)
    let spread = (components.variances.first ?? 0).squareRoot()
    let scale = spread > 0 ? 1e-4 / spread : 0
    var random = RandomSource(seed: seed)
    var coordinates: [Double] = []
    for point in 0..<points.count {
      for axis in 0..<2 {
        let place = axis < projected.width ? projected.coordinates[point * projected.width + axis] : 0
        coordinates.append(place * scale + 1e-6 * (random.uniform() - 0.5))
      }
    }
    return PointSet(count: points.count, width: 2, coordinates)
  }
}

extension PointSet {
  /// The points, moved so that their mean is the origin.
  fileprivate var centred: PointSet {
    var result = self
    for axis in 0..<width {
      let mean = stride(from: axis, to: coordinates.count, by: width).reduce(0) { $0 + coordinates[$1] } / Double(count)
      for index in stride(from: axis, to: coordinates.count, by: width) { result.coordinates[index] -= mean }
    }
    return result
  }
}
