import Foundation
import MynahAnalysis
import MynahTensors
import Testing

struct StochasticNeighbourEmbeddingTests {
  private func points(_ count: Int, _ width: Int, seed: UInt64) -> PointSet {
    var random = RandomSource(seed: seed)
    return PointSet(count: count, width: width, (0..<count * width).map { _ in 4 * random.uniform() - 2 })
  }

  /// KL(P ‖ Q) by its definition, over ordered pairs.
  private func divergence(_ p: [[Double]], _ map: PointSet) -> Double {
    let count = map.count
    func weight(_ i: Int, _ j: Int) -> Double {
      let (dx, dy) = (
        map.coordinates[2 * i] - map.coordinates[2 * j], map.coordinates[2 * i + 1] - map.coordinates[2 * j + 1]
      )
      return i == j ? 0 : 1 / (1 + dx * dx + dy * dy)
    }
    var total = 0.0
    for i in 0..<count { for j in 0..<count { total += weight(i, j) } }
    var sum = 0.0
    for i in 0..<count {
      for j in 0..<count where i != j && p[i][j] > 0 { sum += p[i][j] * log(p[i][j] * total / weight(i, j)) }
    }
    return sum
  }

  /// The probabilities of ordered pairs.
  private func table(_ pairs: PairProbabilities) -> [[Double]] {
    var (rest, result) = (pairs.values[...], [[Double]](repeating: [], count: pairs.pointCount))
    result = result.map { _ in [Double](repeating: 0, count: pairs.pointCount) }
    for i in 0..<pairs.pointCount {
      for j in i + 1..<max(i + 1, pairs.pointCount) {
        result[i][j] = rest.removeFirst()
        result[j][i] = result[i][j]
      }
    }
    return result
  }

  @Test("The loss is the KL divergence, and the gradient matches finite differences")
  func gradient() {
    let pairs = PairProbabilities(of: points(7, 5, seed: 1), perplexity: 3)
    let (p, map) = (table(pairs), points(7, 2, seed: 2))
    #expect(abs(p.reduce(0) { $0 + $1.reduce(0, +) } - 1) < 1e-12)
    #expect(abs(pairs.divergence(of: map) - divergence(p, map)) < 1e-12)
    let (found, step) = (pairs.gradient(at: map), 1e-5)
    for index in map.coordinates.indices {
      func loss(_ by: Double) -> Double {
        var coordinates = map.coordinates
        coordinates[index] += by
        return divergence(p, PointSet(count: 7, width: 2, coordinates))
      }
      #expect(abs(found[index] - (loss(step) - loss(-step)) / (2 * step)) < 1e-8)
    }
  }

  @Test("Exaggeration strengthens only the attraction")
  func exaggeration() {
    let (count, map) = (5, points(5, 2, seed: 3))
    let pairs = PairProbabilities(of: points(5, 3, seed: 4), perplexity: 2)
    let none = PairProbabilities(pointCount: count, [Double](repeating: 0, count: 10))
    let (once, twice, repulsion) = (
      pairs.gradient(at: map), pairs.gradient(at: map, exaggeration: 2), none.gradient(at: map)
    )
    for index in once.indices {
      #expect(abs(twice[index] - repulsion[index] - 2 * (once[index] - repulsion[index])) < 1e-12)
    }
  }

  @Test("Bisection reaches the given perplexity", arguments: [1.5, 2, 5, 10, 19])
  func perplexity(target: Double) {
    let points = points(21, 4, seed: 6)
    for scale in [1e-6, 1, 1e6] {
      let distances = (1..<21).map { other in
        scale * zip(points[0], points[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      let found = NeighbourDistribution(squaredDistances: distances, perplexity: target)
      let entropy = found.probabilities.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
      #expect(abs(exp(entropy) - target) < 1e-6 && abs(found.perplexity - target) < 1e-6)
      #expect(abs(found.probabilities.reduce(0, +) - 1) < 1e-12)
      let order = distances.indices.sorted { distances[$0] < distances[$1] }
      let sorted = order.map { found.probabilities[$0] }
      #expect(sorted == sorted.sorted(by: >))
    }
  }

  @Test("If all neighbours are equally near, the closest possible perplexity is used")
  func ties() {
    let equal = NeighbourDistribution(squaredDistances: [0, 0, 0, 0], perplexity: 2)
    #expect(equal.probabilities.allSatisfy { abs($0 - 0.25) < 1e-12 } && abs(equal.perplexity - 4) < 1e-9)
    let two = NeighbourDistribution(squaredDistances: [1, 1, 9, 9], perplexity: 1)
    #expect(abs(two.perplexity - 2) < 1e-6 && two.probabilities.allSatisfy(\.isFinite))
    #expect(NeighbourDistribution(squaredDistances: [], perplexity: 1).probabilities.isEmpty)
  }

  @Test("Two distant clusters stay apart, and the same settings give the same bits")
  func clusters() throws {
    let noise = points(60, 6, seed: 8)
    let coordinates = noise.coordinates.enumerated().map { index, value in
      value + (index / 6 < 30 ? 0 : 20)
    }
    let points = PointSet(count: 60, width: 6, coordinates)
    var embedding = StochasticNeighbourEmbedding(perplexity: 8)
    embedding.stepCount = 400
    var steps = 0
    let result = try embedding(points) { steps = $0 }
    #expect(steps == 400 && result.divergence < 1 && result.divergence > 0)
    func distance(_ i: Int, _ j: Int) -> Double {
      zip(result.map[i], result.map[j]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    for i in 0..<60 {
      let others = (0..<60).filter { $0 != i }
      let nearest = try #require(others.min { distance(i, $0) < distance(i, $1) })
      #expect((nearest < 30) == (i < 30))
    }
    let within = (0..<30).flatMap { i in (0..<30).map { distance(i, $0) } }.max() ?? 0
    let between = (0..<30).flatMap { i in (30..<60).map { distance(i, $0) } }.min() ?? 0
    #expect(between > within / 4)
    #expect(try embedding(points) == result)
    embedding.seed = 2
    #expect(try embedding(points).map != result.map)
  }

  @Test("Up to three equal points can be mapped, and impossible perplexities are errors", arguments: 0...3)
  func few(count: Int) throws {
    var embedding = StochasticNeighbourEmbedding()
    embedding.stepCount = 30
    let equal = PointSet(count: count, width: 2, Array(repeating: 1, count: 2 * count))
    let map = try embedding(equal).map
    #expect(map.count == count && map.coordinates.allSatisfy(\.isFinite))
    embedding.perplexity = 5
    if count > 1 {
      #expect(throws: AnalysisError.perplexityTooLarge(perplexity: 5, pointCount: count)) { try embedding(equal) }
    }
  }
}
