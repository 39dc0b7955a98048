public import MynahTensors

/// The dropout masks of one training pass, drawn in the order in which the pass needs them, each from its own source.
public struct DropoutMasks: Sendable {
  private let rates: DropoutRates
  private let dropsLayerInputs: Bool
  private let rows: BatchRows?
  private var random: RandomSource

  /// Creates the masks of a pass.
  ///
  /// - Parameters:
  ///   - rates: The dropout rates.
  ///   - dropsLayerInputs: `true` if every layer's input takes a random source, even at rate 0; `false` if layer inputs
  ///     are never dropped and take none.
  ///   - random: The source of the masks; equal sources give equal masks.
  public init(_ rates: DropoutRates, dropsLayerInputs: Bool = true, random: RandomSource) {
    self.init(rates, dropsLayerInputs: dropsLayerInputs, random: random, rows: nil)
  }

  /// Creates the masks of a pass that computes some rows of a batch; nil: all.
  init(_ rates: DropoutRates, dropsLayerInputs: Bool = true, random: RandomSource, rows: BatchRows?) {
    (self.rates, self.dropsLayerInputs, self.random, self.rows) = (rates, dropsLayerInputs, random, rows)
  }

  /// Returns the embeddings of tokens [T, B, E] with some tokens and some elements dropped.
  mutating func embeddings(of ids: [Int32], _ embedding: Embedding, batchSize: Int, lengths: [Int]?) -> SequenceBatch {
    // Rates of 0 take no source here, so that the other masks do not depend on these kinds of dropout.
    let source = rates.embedding > 0 ? random.split() : nil
    let embeddings = SequenceBatch(ids: ids, batchSize: batchSize, lengths: lengths, shares: !dropsFirstInputs) { ids in
      source.map { EmbeddingDropout(rate: rates.embedding)(embedding, ids, using: $0) } ?? embedding(ids)
    }
    return rates.input > 0 ? embeddings.with(masked(embeddings.values, rates.input)) : embeddings
  }

  /// A Boolean value indicating whether elements of the first layer's inputs are dropped.
  private var dropsFirstInputs: Bool { rates.input > 0 || (dropsLayerInputs && rates.layerInput > 0) }

  /// Returns a layer with some of its weights dropped.
  mutating func weights<Layer: Module>(of layer: Layer) -> Layer {
    rates.weights > 0 ? WeightDrop(rate: rates.weights)(layer, using: random.split()) : layer
  }

  /// Returns a layer's inputs with some elements dropped.
  mutating func layerInput(_ x: SequenceBatch) -> SequenceBatch {
    guard dropsLayerInputs else { return x }
    let source = random.split()
    return rates.layerInput > 0 ? x.with(masked(x.values, rates.layerInput, source)) : x
  }

  /// Returns a layer's outputs with some elements dropped.
  mutating func layerOutput(_ x: Variable, isLast: Bool) -> Variable {
    masked(x, isLast ? rates.output : rates.hidden)
  }

  /// Returns the vectors inside an output layer [T, B, F] with some elements dropped.
  mutating func latents(_ x: Variable) -> Variable { masked(x, rates.latent) }

  /// The dropout of an output layer after a pass; nil if its rate is 0.
  func latentDropout(batchSize: Int) -> LatentDropout? {
    rates.latent > 0 ? LatentDropout(self, batchSize: batchSize) : nil
  }

  private mutating func masked(_ x: Variable, _ rate: Float) -> Variable { masked(x, rate, random.split()) }

  private func masked(_ x: Variable, _ rate: Float, _ source: RandomSource) -> Variable {
    rates.isVariational
      ? VariationalDropout(rate: rate)(x, using: source, of: rows) : Dropout(rate: rate)(x, using: source, of: rows)
  }
}
