import Foundation
import MynahIO
import MynahTensors

extension Initializer {
  /// Draws a matrix whose rows or columns, whichever are fewer, are orthonormal.
  ///
  /// Directions drawn from a normal distribution are made orthogonal one after the other, so that every such matrix is
  /// equally likely.
  static func orthogonal(_ shape: Shape, using random: inout RandomSource) -> Tensor {
    require(shape.rank == 2, "an orthogonal matrix must have two axes, got \(shape)")
    let (rowCount, columnCount) = (shape[0], shape[1])
    let (count, length) = (min(rowCount, columnCount), max(rowCount, columnCount))
    var vectors: [[Double]] = []
    while vectors.count < count {
      let vector = (0..<length).map { _ in random.normal() }
      if let direction = vector.orthonormalized(to: vectors[...]) { vectors.append(direction) }
    }
    let matrix = Tensor(shape: [count, length], vectors.flatMap { $0.map { Float($0) } })
    return rowCount <= columnCount ? matrix : matrix.transposed()
  }
}

extension RandomSource {
  /// Draws a number from the normal distribution of mean 0 and variance 1, using two draws of this source.
  ///
  /// G. Box, M. Muller, "A note on the generation of random normal deviates", 1958.
  mutating func normal() -> Double {
    let radius = (-2 * Foundation.log(1 - uniform())).squareRoot()
    return radius * Foundation.cos(2 * Double.pi * uniform())
  }
}
