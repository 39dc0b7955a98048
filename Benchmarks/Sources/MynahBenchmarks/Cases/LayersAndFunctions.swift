import Measurement
import MynahModels
import MynahTensors

extension BenchmarkCase {
  /// Vector functions on one thread, for arrays that fit in the L1 cache.
  static var vectorMathematics: [BenchmarkCase] {
    Kernels.Function.allCases.map { function in
      BenchmarkCase(name: "vector/\(function.rawValue)") {
        (.elements(2048), Kernels(threadCount: 1).vectorFunction(function, count: 2048))
      }
    }
  }

  /// Layers of known models: the forward pass alone, and forward and backward passes as in training.
  static var lstmPasses: [BenchmarkCase] {
    let layers = [
      LayerSizes(stepCount: 20, batchSize: 60, inputSize: 200, hiddenSize: 256),
      LayerSizes(stepCount: 20, batchSize: 60, inputSize: 256, hiddenSize: 128),
      LayerSizes(stepCount: 20, batchSize: 20, inputSize: 200, hiddenSize: 200),
      LayerSizes(stepCount: 35, batchSize: 20, inputSize: 650, hiddenSize: 650),
      LayerSizes(stepCount: 100, batchSize: 64, inputSize: 256, hiddenSize: 1024),
    ]
    return Precision.allCases.flatMap { precision in
      layers.flatMap { [forward($0, precision), forwardAndBackward($0, precision)] }
    }
  }

  private static func forward(_ sizes: LayerSizes, _ precision: Precision) -> BenchmarkCase {
    BenchmarkCase(name: "lstm/forward/\(precision.rawValue)/\(sizes)", precision: precision) {
      let (layer, x, state) = sizes.inputs()
      return (.operations(sizes.forwardOperations), { _ = layer(SequenceBatch(Variable(x)), state: state) })
    }
  }

  private static func forwardAndBackward(_ sizes: LayerSizes, _ precision: Precision) -> BenchmarkCase {
    BenchmarkCase(name: "lstm/forward+backward/\(precision.rawValue)/\(sizes)", precision: precision) {
      let (layer, x, state) = sizes.inputs()
      let seed = Tensor(shape: [sizes.stepCount, sizes.batchSize, sizes.hiddenSize], repeating: 1)
      let call = {
        let tape = Tape()
        let (tracked, parameters) = layer.tracked(by: tape)
        let input = tape.variable(x)
        let output = tracked(SequenceBatch(input), state: state).output.values
        _ = tape.gradients(of: output, for: parameters + [input], seed: seed)
      }
      return (.operations(3 * sizes.forwardOperations), call)
    }
  }

  /// Linear layer, softmax and cross-entropy, without and with gradients.
  static var losses: [BenchmarkCase] {
    let sizes = [(1200, 128, 10_000), (700, 650, 10_000), (6400, 1024, 67)]
    return Precision.allCases.flatMap { precision in
      sizes.flatMap { rowCount, hiddenSize, vocabularySize in
        [false, true].map { withGradients in
          loss(rowCount, hiddenSize, vocabularySize, withGradients: withGradients, precision)
        }
      }
    }
  }

  private static func loss(
    _ rowCount: Int, _ hiddenSize: Int, _ vocabularySize: Int, withGradients: Bool, _ precision: Precision
  ) -> BenchmarkCase {
    let product = MatrixProduct(rowCount, vocabularySize, hiddenSize)
    let kind = withGradients ? "gradients" : "value"
    return BenchmarkCase(
      name: "loss/\(kind)/\(precision.rawValue)/N\(rowCount)-H\(hiddenSize)-V\(vocabularySize)", precision: precision
    ) {
      var random = RandomSource(seed: 1)
      let linear = Linear(
        inputSize: hiddenSize, outputSize: vocabularySize, initializer: .uniform(0.1), using: &random)
      let hidden = Initializer.uniform(1).draw([rowCount, hiddenSize], using: &random)
      let targets = (0..<rowCount).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &random) }
      let call = {
        guard withGradients else { return _ = linear.crossEntropy(of: Variable(hidden), targets: targets) }
        let tape = Tape()
        let (tracked, parameters) = linear.tracked(by: tape)
        let input = tape.variable(hidden)
        let loss = tracked.crossEntropy(of: input, targets: targets).value
        _ = tape.gradients(of: loss, for: parameters + [input])
      }
      return (.operations((withGradients ? 3 : 1) * product.operationCount), call)
    }
  }
}

/// The sizes of an LSTM layer over a sequence.
private struct LayerSizes: Sendable, CustomStringConvertible {
  let stepCount, batchSize, inputSize, hiddenSize: Int

  var description: String { "T\(stepCount)-B\(batchSize)-I\(inputSize)-H\(hiddenSize)" }

  /// The operations of the products alone: 8·T·B·H·(I + H).
  var forwardOperations: Double {
    8 * Double(stepCount * batchSize) * Double(hiddenSize) * Double(inputSize + hiddenSize)
  }

  func inputs() -> (layer: RecurrentLayer, x: Tensor, state: LayerState) {
    var random = RandomSource(seed: 1)
    let layer = RecurrentLayer(
      .lstm(hiddenSize), inputSize: inputSize, initializer: .uniform(0.1), using: &random)
    let x = Initializer.uniform(1).draw([stepCount, batchSize, inputSize], using: &random)
    return (layer, x, layer.zeroState(batchSize: batchSize))
  }
}
