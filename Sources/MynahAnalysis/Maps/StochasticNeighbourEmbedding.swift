import MynahTensors

/// t-SNE: an embedding of points in the plane that keeps near neighbours together.
///
/// Minimises the divergence KL(P ‖ Q) between the neighbourhoods P of the points and Q of the map by exact gradient
/// descent over all pairs, with momentum and a gain for each coordinate: L. van der Maaten, G. Hinton, "Visualizing
/// data using t-SNE", 2008. The map is initialised with the principal components, which keeps large distances
/// meaningful. The learning rate follows A. Belkina et al., "Automated optimized parameters for t-SNE", 2019.
///
/// A step takes O(N²) time; 1000 points take a few seconds. Equal points, settings and seeds give equal maps.
public struct StochasticNeighbourEmbedding: Hashable, Sendable {
  /// The perplexity, the effective number of neighbours of a point; nil for 30, or a third of the other points if that
  /// is less.
  public var perplexity: Double?
  /// The number of gradient descent steps.
  public var stepCount = 1000
  /// The early exaggeration: the factor on the attraction in the first steps.
  public var exaggeration = 12.0
  /// The number of steps with early exaggeration.
  public var exaggeratedStepCount = 250
  /// The seed of the noise that separates equal points.
  public var seed: UInt64

  /// Creates the default settings.
  public init(perplexity: Double? = nil, seed: UInt64 = 1) { (self.perplexity, self.seed) = (perplexity, seed) }

  /// A map with its divergence and perplexity.
  public struct Result: Hashable, Sendable {
    /// The points in the plane, in the order of the input.
    public let map: PointSet
    /// The divergence KL(P ‖ Q) in nats.
    public let divergence: Double
    /// The perplexity used.
    public let perplexity: Double
  }

  /// Computes the map.
  ///
  /// - Parameter progress: Called after each step with the number of steps completed.
  /// - Throws: `AnalysisError` if coordinates are not finite or the perplexity is out of range; any error of
  ///   `progress`.
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
        // The gain of a coordinate grows while its direction does not change (R. Jacobs, 1988).
        let keepsDirection = (gradient[index] > 0) != (velocity[index] > 0)
        gains[index] = max(0.01, keepsDirection ? gains[index] + 0.2 : gains[index] * 0.8)
        velocity[index] = (isEarly ? 0.5 : 0.8) * velocity[index] - rate * gains[index] * gradient[index]
        map.coordinates[index] += velocity[index]
      }
      try progress(step + 1)
    }
    return Result(map: map.centred, divergence: pairs.divergence(of: map), perplexity: perplexity)
  }

  /// Returns the principal components, scaled so small that all points are neighbours at first, plus noise of about a
  /// hundredth of that scale.
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
  /// The points, translated so that their mean is the origin.
  fileprivate var centred: PointSet {
    var result = self
    for axis in 0..<width {
      let mean = stride(from: axis, to: coordinates.count, by: width).reduce(0) { $0 + coordinates[$1] } / Double(count)
      for index in stride(from: axis, to: coordinates.count, by: width) { result.coordinates[index] -= mean }
    }
    return result
  }
}
