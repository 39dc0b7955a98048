/// The sizes of a matrix product C[M, N] = A·B; `Peers/gemm_peers.c` parses the same names.
struct MatrixProduct: Hashable, Sendable, CustomStringConvertible {
  /// Which factor is transposed, named as in BLAS.
  enum Form: String, Sendable {
    case plain = "nn"
    case transposedA = "tn"
    case transposedB = "nt"
  }

  let rowCount, columnCount, innerCount: Int
  let form: Form

  init(_ rowCount: Int, _ columnCount: Int, _ innerCount: Int, _ form: Form = .plain) {
    (self.rowCount, self.columnCount, self.innerCount, self.form) = (rowCount, columnCount, innerCount, form)
  }

  /// M×N×K and the form: 1200x1024x200/nn.
  var description: String { "\(rowCount)x\(columnCount)x\(innerCount)/\(form.rawValue)" }

  var operationCount: Double { 2 * Double(rowCount) * Double(columnCount) * Double(innerCount) }
}

extension MatrixProduct {
  /// Products of training's forward and backward passes.
  static let training = [
    MatrixProduct(1200, 1024, 200),  // an input projection
    MatrixProduct(6400, 4096, 1024),
    MatrixProduct(1200, 10016, 128),  // the output layer
    MatrixProduct(400, 10016, 200),
    MatrixProduct(20, 2624, 650),  // a step of a recurrence
    MatrixProduct(32, 4096, 1024),
    MatrixProduct(60, 1024, 256),
    MatrixProduct(64, 4096, 1024),
    MatrixProduct(456, 1024, 1200, .transposedA),  // gradients of weights
    MatrixProduct(1024, 4096, 6400, .transposedA),
    MatrixProduct(128, 10000, 1200, .transposedA),
    MatrixProduct(1200, 200, 1024, .transposedB),  // gradients of inputs
    MatrixProduct(1200, 128, 10000, .transposedB),
  ]

  /// A step of a recurrence, [B, H]·[H, 4H].
  static func recurrent(batchSize: Int, hiddenSize: Int) -> MatrixProduct {
    MatrixProduct(batchSize, 4 * hiddenSize, hiddenSize)
  }

  static let recurrentBatchSizes = [1, 8, 20, 32, 60, 64, 100, 128]
  static let recurrentHiddenSizes = [256, 650, 1024]
}
