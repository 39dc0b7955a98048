public import MynahTensors

/// Compares an operation on variables with a textbook version in double precision: its values, and every element of its
/// gradients with central differences of the textbook version.
///
/// The differentiated scalar is a sum of the outputs with fixed uneven weights.
public struct GradientCheck: CustomStringConvertible {
  /// The largest relative differences.
  public let valueError: Double, gradientError: Double
  public let description: String

  /// Returns whether both agree within a relative tolerance.
  public func passes(tolerance: Double = 1e-4) -> Bool { valueError <= tolerance && gradientError <= tolerance }

  /// - Parameters:
  ///   - inputs: The inputs at which the gradients are computed.
  ///   - step: Half the distance between the two points of a central difference.
  ///   - floor: The smallest divisor of a relative difference.
  ///   - textbook: Computes the outputs' elements from the inputs' elements.
  ///   - operation: Computes the same outputs from variables.
  public init(
    _ inputs: [Tensor], step: Double = 1e-5, floor: Double = 1e-2, textbook: ([[Double]]) -> [Double],
    operation: ([Variable]) -> Variable
  ) {
    let tape = Tape()
    let variables = inputs.map { tape.variable($0) }
    let output = operation(variables)
    let count = output.shape.elementCount
    let weights = Self.weights(count)
    let seed = Tensor(shape: output.shape, weights.map { Float($0) })
    let gradients = tape.gradients(of: output, for: variables, seed: seed).flatMap { $0.dense.elements }

    let point = inputs.map { $0.elements.map { Double($0) } }
    func scalar(_ point: [[Double]]) -> Double { zip(textbook(point), weights).reduce(0) { $0 + $1.0 * $1.1 } }
    var differences: [Double] = []
    for input in point.indices {
      for index in point[input].indices {
        var (above, below) = (point, point)
        above[input][index] += step
        below[input][index] -= step
        differences.append((scalar(above) - scalar(below)) / (2 * step))
      }
    }
    valueError = largestRelativeDifference(output.value.elements, textbook(point), floor: floor)
    gradientError = largestRelativeDifference(gradients, differences, floor: floor)
    description = "value error \(valueError), gradient error \(gradientError): \(gradients) against \(differences)"
  }

  /// Uneven numbers from 0.5 to 1.5, exact in single precision.
  static func weights(_ count: Int) -> [Double] {
    (0..<count).map { index in
      let step = (index * 37 + 11) % 65
      return 0.5 + Double(step) / 64
    }
  }
}

extension Tensor {
  /// A tensor with elements drawn uniformly from a range.
  public static func random(
    _ shape: Shape, in range: Range<Float> = -1..<1, using random: inout RandomSource
  ) -> Tensor {
    Tensor(shape: shape, (0..<shape.elementCount).map { _ in random.uniform(in: range) })
  }
}
