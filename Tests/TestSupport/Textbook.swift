import Foundation

/// Layers as in textbooks: loops in double precision, accurate enough for finite differences.
public enum Textbook {
  /// The results of an LSTM: every output [T, B, H], and the state after the last step [B, H].
  public struct LSTMResult: Sendable {
    public var output: [Double], lastHidden: [Double], lastCell: [Double]

    public init(output: [Double], lastHidden: [Double], lastCell: [Double]) {
      (self.output, self.lastHidden, self.lastCell) = (output, lastHidden, lastCell)
    }
  }

  /// The sizes of an LSTM's pass over a sequence.
  public struct LSTMSizes: Hashable, Sendable, CustomStringConvertible {
    public let stepCount, batchSize, inputSize, hiddenSize: Int

    public init(_ stepCount: Int, _ batchSize: Int, _ inputSize: Int, _ hiddenSize: Int) {
      (self.stepCount, self.batchSize, self.inputSize, self.hiddenSize) = (stepCount, batchSize, inputSize, hiddenSize)
    }

    public var description: String { "T \(stepCount), B \(batchSize), I \(inputSize), H \(hiddenSize)" }
  }

  /// An LSTM over a sequence; `inputs` are x [T, B, I], W_ih [4H, I], W_hh [4H, H], b [4H], h0 and c0 [B, H].
  ///
  ///     i, f, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)     c' = f c + i g     h' = o tanh c'
  public static func lstm(_ inputs: [[Double]], _ sizes: LSTMSizes) -> LSTMResult {
    let (input, hidden) = (sizes.inputSize, sizes.hiddenSize)
    let (x, inputWeight, recurrentWeight, bias) = (inputs[0], inputs[1], inputs[2], inputs[3])
    var result = LSTMResult(output: [], lastHidden: inputs[4], lastCell: inputs[5])
    for step in 0..<sizes.stepCount {
      let before = result.lastHidden
      for row in 0..<sizes.batchSize {
        for unit in 0..<hidden {
          let sums = (0..<4).map { gate in
            let weightRow = gate * hidden + unit
            var sum = bias[weightRow]
            for j in 0..<input {
              sum += inputWeight[weightRow * input + j] * x[(step * sizes.batchSize + row) * input + j]
            }
            for j in 0..<hidden { sum += recurrentWeight[weightRow * hidden + j] * before[row * hidden + j] }
            return sum
          }
          let place = row * hidden + unit
          result.lastCell[place] = logistic(sums[1]) * result.lastCell[place] + logistic(sums[0]) * tanh(sums[2])
          result.lastHidden[place] = logistic(sums[3]) * tanh(result.lastCell[place])
        }
      }
      result.output += result.lastHidden
    }
    return result
  }

  /// x Wᵀ + b of each row: x [N, in], W [out, in], b [out].
  public static func linear(_ x: [Double], weight: [Double], bias: [Double]) -> [Double] {
    let (outputSize, inputSize) = (bias.count, weight.count / bias.count)
    return stride(from: 0, to: x.count, by: inputSize).flatMap { row in
      (0..<outputSize).map { output in
        (0..<inputSize).reduce(bias[output]) { $0 + weight[output * inputSize + $1] * x[row + $1] }
      }
    }
  }

  /// The rows of a table.
  public static func gather(_ table: [Double], width: Int, ids: [Int32]) -> [Double] {
    ids.flatMap { table[Int($0) * width..<(Int($0) + 1) * width] }
  }

  /// −log softmax(logits)[target] of each row.
  public static func negativeLogProbabilities(_ logits: [Double], targets: [Int32]) -> [Double] {
    let width = logits.count / targets.count
    return targets.enumerated().map { row, target in
      let logits = logits[row * width..<(row + 1) * width]
      let largest = logits.max() ?? 0
      let sum = logits.reduce(0) { $0 + exp($1 - largest) }
      return largest + log(sum) - logits[row * width + Int(target)]
    }
  }

  /// The logistic function 1 / (1 + e⁻ˣ).
  public static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}

/// The derivatives of several scalars by central differences: result[scalar][place] for some places of one input.
public func centralDifferences(
  of scalars: ([[Double]]) -> [Double], at point: [[Double]], input: Int, places: [Int], step: Double = 1e-5
) -> [[Double]] {
  let columns = places.map { place in
    var (above, below) = (point, point)
    above[input][place] += step
    below[input][place] -= step
    return zip(scalars(above), scalars(below)).map { ($0 - $1) / (2 * step) }
  }
  return (columns.first ?? []).indices.map { scalar in columns.map { $0[scalar] } }
}

extension Collection where Element == Float {
  /// The elements in double precision.
  public var doubles: [Double] { map(Double.init) }

  /// The bits of the elements, for bitwise comparison.
  public var bits: [UInt32] { map(\.bitPattern) }
}

/// The largest difference between two arrays, relative to the largest element of the second.
public func differenceToScale<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ found: [A], _ expected: [B]) -> Double {
  let scale = expected.map { abs(Double($0)) }.max() ?? 0
  return largestRelativeDifference(found, expected, floor: Swift.max(scale, 1e-30))
}
