import Measurement
import MynahModels
import MynahTensors

extension BenchmarkCase {
  /// Matrix products of each precision, packing inside, and recurrences, whose weights are packed once a sequence.
  static var matrixProducts: [BenchmarkCase] {
    Precision.allCases.flatMap { precision in
      MatrixProduct.training.map { product($0, precision) }
        + MatrixProduct.recurrentHiddenSizes.flatMap { hiddenSize in
          MatrixProduct.recurrentBatchSizes.flatMap { batchSize in
            let step = MatrixProduct.recurrent(batchSize: batchSize, hiddenSize: hiddenSize)
            let recurrence = recurrence(batchSize: batchSize, hiddenSize: hiddenSize, precision)
            return MatrixProduct.training.contains(step) ? [recurrence] : [product(step, precision), recurrence]
          }
        }
    }
  }

  private static func product(_ product: MatrixProduct, _ precision: Precision) -> BenchmarkCase {
    BenchmarkCase(name: "gemm/\(precision.rawValue)/\(product)", precision: precision) {
      let kernels = Kernels(threadCount: ThreadTeam.current?.threadCount ?? 1)
      return (.operations(product.operationCount), kernels.matrixProduct(product, precision: precision))
    }
  }

  /// The forward pass of an LSTM over many steps that reads one number a step.
  ///
  /// Nearly all products are those with the recurrent weights, which are packed once. The time includes the gates'
  /// arithmetic, the operations do not, so the throughput is a lower bound of the products'.
  private static func recurrence(batchSize: Int, hiddenSize: Int, _ precision: Precision) -> BenchmarkCase {
    let stepCount = 64
    let product = MatrixProduct.recurrent(batchSize: batchSize, hiddenSize: hiddenSize)
    let inputProjection = MatrixProduct(batchSize * stepCount, 4 * hiddenSize, 1)
    let operationCount = Double(stepCount) * product.operationCount + inputProjection.operationCount
    return BenchmarkCase(name: "recurrent/\(precision.rawValue)/\(product)", precision: precision) {
      var random = RandomSource(seed: 1)
      let layer = LSTM(inputSize: 1, hiddenSize: hiddenSize, initializer: .uniform(0.1), using: &random)
      let x = Variable(Initializer.uniform(1).draw([stepCount, batchSize, 1], using: &random))
      let state = LSTMState.zero(batchSize: batchSize, hiddenSize: hiddenSize)
      return (.operations(operationCount), { _ = layer(x, state: state) })
    }
  }
}
