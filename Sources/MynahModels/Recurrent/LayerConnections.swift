/// The connections between recurrent layers, besides those from each layer to the one above.
public enum LayerConnections: String, Hashable, Codable, Sendable, CaseIterable {
  /// No other connections.
  case sequential
  /// Each layer whose outputs have the size of its inputs adds its inputs to its outputs.
  ///
  /// K. He et al., "Deep residual learning for image recognition", 2015; between recurrent layers: Y. Wu et al., 2016.
  case residual
  /// The output of the stack is the sum of the outputs of all layers, which have one size.
  ///
  /// G. Melis, C. Dyer, P. Blunsom, "On the state of the art of evaluation in neural language models", 2018.
  case skip
}
