import Foundation
import MynahTensors

extension Initializer {
  /// A matrix whose rows or columns, whichever are fewer, are orthonormal.
  ///
  /// Directions drawn from a normal distribution are made orthogonal one after the other (Gram–Schmidt, each twice, which is as
  /// exact as Double allows), so that every such matrix is equally likely.
  static func orthogonal(_ shape: Shape, using random: inout RandomSource) -> Tensor {
    precondition(shape.rank == 2, "an orthogonal matrix has two axes, found \(shape)")
    let (rowCount, columnCount) = (shape[0], shape[1])
    let (count, length) = (min(rowCount, columnCount), max(rowCount, columnCount))
    var vectors: [[Double]] = []
    while vectors.count < count {
      var vector = (0..<length).map { _ in random.normal() }
      for _ in 0..<2 {
        for other in vectors {
          let share = dot(vector, other)
          for index in vector.indices { vector[index] -= share * other[index] }
        }
      }
      let norm = dot(vector, vector).squareRoot()
      if norm > 1e-9 { vectors.append(vector.map { $0 / norm }) }
    }
    let matrix = Tensor(shape: [count, length], vectors.flatMap { $0.map { Float($0) } })
    return rowCount <= columnCount ? matrix : matrix.transposed()
  }

  private static func dot(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }
}

extension RandomSource {
  /// A number drawn from the normal distribution of mean 0 and variance 1, by two draws.
  ///
  /// G. Box, M. Muller, "A note on the generation of random normal deviates", 1958.
  mutating func normal() -> Double {
    let radius = (-2 * Foundation.log(1 - uniform())).squareRoot()
    return radius * Foundation.cos(2 * Double.pi * uniform())
  }
}
