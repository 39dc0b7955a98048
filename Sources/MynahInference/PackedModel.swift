import MynahModels
import MynahTensors

/// The weights of an embedding, of LSTMs and of the output, as the kernels of inference read them.
struct PackedModel: Sendable {
  /// One recurrent layer.
  struct Layer: Sendable {
    let hiddenSize: Int
    let input, recurrent: PackedMatrix
    let bias: Tensor
  }

  let embedding: Tensor
  let layers: [Layer]
  let output: PackedMatrix
  let outputBias: Tensor
  /// What each token's vector contributes to the first layer's gates, where the vocabulary is so small that this takes no more
  /// memory than the layer's own weights.
  let table: TensorStorage?

  /// Packs a model's weights; nil if it has other layers than LSTMs one above the other.
  init?(_ model: LanguageModel, precision: WeightPrecision) {
    let cells = model.recurrent.compactMap { ($0 as? LSTM)?.cell }
    guard cells.count == model.recurrent.count, !model.configuration.isResidual else { return nil }
    embedding = model.embedding.weight.value
    layers = cells.map { cell in
      Layer(
        hiddenSize: cell.hiddenSize,
        input: PackedMatrix(cell.inputWeight.value, precision: precision, blockCount: 4),
        recurrent: PackedMatrix(cell.recurrentWeight.value, precision: precision, blockCount: 4), bias: cell.bias.value)
    }
    output = PackedMatrix(model.output.weight.value, precision: precision, blockCount: 1)
    outputBias = model.output.bias.value
    let first = layers[0]
    table =
      model.configuration.vocabularySize <= first.input.columnCount + first.hiddenSize
      ? Kernels.tabulate(first.input, inputs: embedding, bias: first.bias) : nil
  }
}
