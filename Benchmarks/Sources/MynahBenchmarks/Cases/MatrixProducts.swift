import Measurement
import MynahTensors

extension BenchmarkCase {
  /// Matrix products in each precision, including packing, and recurrences, whose weights are packed once per sequence.
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

  /// A step of a recurrence with packed weights.
  private static func recurrence(batchSize: Int, hiddenSize: Int, _ precision: Precision) -> BenchmarkCase {
    let product = MatrixProduct.recurrent(batchSize: batchSize, hiddenSize: hiddenSize)
    return BenchmarkCase(name: "recurrent/\(precision.rawValue)/\(product)", precision: precision) {
      let kernels = Kernels(threadCount: ThreadTeam.current?.threadCount ?? 1)
      return (.operations(product.operationCount), kernels.packedProduct(product, precision: precision))
    }
  }
}
