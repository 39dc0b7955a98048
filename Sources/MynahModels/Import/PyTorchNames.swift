/// The names of the parts of a PyTorch language model in its state dictionary.
///
/// Layers with weight drop, as in AWD-LSTM (S. Merity, N. Keskar, R. Socher, 2018), wrap the `nn.LSTM`: their
/// parameters may be below `module`, and if weights are stored both raw (`weight_hh_l0_raw`) and dropped, the raw ones
/// are read.
public struct PyTorchNames: Hashable, Sendable {
  /// The `nn.Embedding`.
  public var embedding: String
  /// The recurrent layers: one `nn.LSTM`, `nn.GRU` or `nn.RNN` of any number of layers, or an `nn.ModuleList` of them.
  public var recurrent: String
  /// The `nn.Linear`; the model is tied if the file lacks its weight, or if its weight equals the embedding's.
  public var output: String

  /// Creates names; a module within another is named as in PyTorch: "model.encoder".
  public init(embedding: String = "embedding", recurrent: String = "recurrent", output: String = "output") {
    (self.embedding, self.recurrent, self.output) = (embedding, recurrent, output)
  }

  private static let known = [
    PyTorchNames(), PyTorchNames(embedding: "encoder", recurrent: "rnn", output: "decoder"),
    PyTorchNames(embedding: "encoder", recurrent: "rnns", output: "decoder"),
    PyTorchNames(embedding: "0.encoder", recurrent: "0.rnns", output: "1.decoder"),
  ]

  /// Recognises the names of well-known models: PyTorch's example word_language_model, AWD-LSTM by its authors and in
  /// fastai, and Mynah's own.
  ///
  /// The model may be a module within others, such as the `module` of `nn.DataParallel` or the `_orig_mod` of
  /// `torch.compile`.
  ///
  /// - Returns: nil unless the names of exactly one of these models fit.
  public init?(recognizing file: SafetensorsFile) {
    let names = file.names
    func contains(_ module: String) -> Bool { names.contains { $0.hasPrefix(module + ".") } }
    var found: [PyTorchNames] = []
    for known in Self.known {
      let embedding = known.embedding + ".weight"
      for name in names where name == embedding || name.hasSuffix("." + embedding) {
        let prefix = name.dropLast(embedding.count)
        found.append(
          PyTorchNames(
            embedding: prefix + known.embedding, recurrent: prefix + known.recurrent, output: prefix + known.output))
      }
    }
    found.removeAll { !contains($0.recurrent) }
    // A tied model may be stored without its output.
    let complete = found.filter { contains($0.output) }
    let fitting = complete.isEmpty ? found : complete
    guard fitting.count == 1 else { return nil }
    self = fitting[0]
  }
}
