import CMynah
import MynahTensors
import TestSupport

/// T·B tokens, time-major, with their targets.
struct AdvanceText {
  var stepCount: Int, batchSize: Int
  var ids: [Int32], targets: [Int32]

  /// The tokens of one step.
  func step(_ step: Int) -> AdvanceText {
    let rows = step * batchSize..<(step + 1) * batchSize
    return AdvanceText(stepCount: 1, batchSize: batchSize, ids: Array(ids[rows]), targets: Array(targets[rows]))
  }

  /// The tokens of one stream.
  func stream(_ stream: Int) -> AdvanceText {
    let rows = (0..<stepCount).map { $0 * batchSize + stream }
    return AdvanceText(stepCount: stepCount, batchSize: 1, ids: rows.map { ids[$0] }, targets: rows.map { targets[$0] })
  }
}

/// A stack of recurrent layers with an embedding and an output layer, a text and the state before it.
struct AdvanceProblem {
  let vocabularySize: Int, embeddingSize: Int
  let embedding: [Float], outputWeight: [Float], outputBias: [Float]
  /// The weights and the state of each layer; their x is not used.
  let layers: [ScanProblem]
  let residual: [Bool]
  /// The input of each layer at the step before the text, [B, I]; empty if the layers read one input per step.
  let firstInputs: [[Float]]
  let text: AdvanceText
  var isWindowed: Bool { !firstInputs.allSatisfy(\.isEmpty) }
  /// h, c and the previous input of each layer, as far as it has them.
  var states: [[Float]] {
    zip(layers, firstInputs).flatMap { [$0[.hidden], $0[.cell], $1] }.filter { !$0.isEmpty }
  }

  /// - Parameters:
  ///   - hiddenSizes: H of each layer; replaced by I if the cell needs it.
  ///   - isResidual: Whether layers with I = P are residual.
  ///   - isWindowed: Whether layers also read the previous step's input; not for cells with an identity skip.
  init(
    _ cell: ScanCell, stepCount: Int, batchSize: Int, vocabularySize: Int, embeddingSize: Int, hiddenSizes: [Int],
    isResidual: Bool = false, isWindowed: Bool = false
  ) {
    (self.vocabularySize, self.embeddingSize) = (vocabularySize, embeddingSize)
    var random = RandomSource(seed: 7)
    let draw = { (count: Int) in (0..<count).map { _ in random.uniform(in: -1..<1) } }
    embedding = draw(vocabularySize * embeddingSize)
    var inputSize = embeddingSize
    var layers: [ScanProblem] = [], inputSizes: [Int] = []
    for (index, hiddenSize) in hiddenSizes.enumerated() {
      let hiddenSize = unsafe cell.traits.has_identity_skip ? inputSize : hiddenSize
      let outputSize = isResidual ? inputSize : max(1, hiddenSize * 2 / 3)
      let sizes = ScanSizes(stepCount, batchSize, isWindowed ? 2 * inputSize : inputSize, hiddenSize, outputSize)
      inputSizes.append(inputSize)
      layers.append(ScanProblem(cell, sizes, seed: UInt64(index + 1)))
      inputSize = layers[index].sizes.outputSize
    }
    self.layers = layers
    residual = zip(layers, inputSizes).map { isResidual && $1 == $0.sizes.outputSize }
    firstInputs = inputSizes.map { isWindowed ? draw(batchSize * $0) : [] }
    outputWeight = draw(vocabularySize * inputSize)
    outputBias = draw(vocabularySize)
    let tokens = { (seed: UInt64) -> [Int32] in
      var random = RandomSource(seed: seed)
      return (0..<stepCount * batchSize).map { _ in Int32(random.next() % UInt64(vocabularySize)) }
    }
    text = AdvanceText(stepCount: stepCount, batchSize: batchSize, ids: tokens(1), targets: tokens(2))
  }

  /// The text's embeddings, [T·B, E].
  var inputs: [Float] {
    text.ids.flatMap { embedding[Int($0) * embeddingSize..<(Int($0) + 1) * embeddingSize] }
  }

  /// The textbook results with float32 weights: outputs, logits after the last step, losses and last states.
  var expected: (outputs: [Double], logits: [Double], losses: [Double], states: [[Double]]) {
    var x = inputs.doubles, states: [[Double]] = []
    for (index, layer) in layers.enumerated() {
      var inputs = layer.inputs.map(\.doubles)
      let isResidual = residual[index], first = firstInputs[index].doubles
      inputs[ScanInput.x.rawValue] = first.isEmpty ? x : windows(of: x, after: first)
      let result = layer.textbook(inputs)
      states += [result.lastHidden, result.lastCell, first.isEmpty ? [] : x.suffix(first.count)].filter { !$0.isEmpty }
      x = isResidual ? zip(result.output, x).map { $0 + $1 } : result.output
    }
    let logits = Textbook.linear(x, weight: outputWeight.doubles, bias: outputBias.doubles)
    let losses = Textbook.negativeLogProbabilities(logits, targets: text.targets)
    return (x, Array(logits.suffix(text.batchSize * vocabularySize)), losses, states)
  }

  /// Each input followed by the previous one.
  private func windows(of x: [Double], after first: [Double]) -> [Double] {
    let (before, width) = (first + x, first.count / text.batchSize)
    return stride(from: 0, to: x.count, by: width).flatMap { x[$0..<$0 + width] + before[$0..<$0 + width] }
  }
}
