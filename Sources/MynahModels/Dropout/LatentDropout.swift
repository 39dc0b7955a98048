public import MynahTensors

/// The dropout of vectors inside an output layer, such as those of a mixture's components.
///
/// Z. Yang, Z. Dai, R. Salakhutdinov, W. Cohen, "Breaking the softmax bottleneck: a high-rank RNN language model", 2018,
/// appendix B.1.
public struct LatentDropout: Sendable {
  private let masks: DropoutMasks
  private let batchSize: Int

  /// Creates the dropout of a pass over B sequences; it uses the pass's next mask.
  package init(_ masks: DropoutMasks, batchSize: Int) { (self.masks, self.batchSize) = (masks, batchSize) }

  /// Returns vectors [T·B, F] with some elements dropped and the others scaled up; each call has the same mask.
  public func callAsFunction(_ vectors: Variable) -> Variable {
    let (shape, batchSize) = (vectors.shape, max(batchSize, 1))
    var masks = masks
    return masks.latents(vectors.reshaped([shape[0] / batchSize, batchSize, shape[1]])).reshaped(shape)
  }
}
