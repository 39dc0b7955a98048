/// The tensors of a file that PyTorch's `torch.save` wrote, read without Python.
///
/// The file is a state dictionary, a checkpoint that contains one, a whole module, or a list with a module, in the zip
/// format or in the format before PyTorch 1.6. The unpickler creates only tensors, numbers, strings and collections,
/// and executes nothing. If the pickle refers to anything else, reading throws an error that names it.
///
/// ```swift
/// let file = try PyTorchFile(contentsOf: "model.pt")
/// for (name, tensor) in file.tensors { print(name, tensor.shape) }
/// ```
public struct PyTorchFile: Sendable {
  /// The file that the contents were read from.
  public let path: String

  /// The tensors with their names, in the order of the file; of modules, in the order of `state_dict()`.
  ///
  /// Tensors that are the same view of a storage in PyTorch share their memory here; others are contiguous copies.
  public let tensors: [(name: String, tensor: StoredTensor)]

  /// The names of tensors that share memory with an earlier one, such as tied weights, mapped to the first name.
  public let aliases: [String: String]

  /// The modules of a model that was saved as a whole, parents first; empty for a dictionary of tensors.
  public let modules: [SavedModule]

  /// The keys that lead to the model in a checkpoint, with dots between; nil if the file is the model.
  public let key: String?

  /// The names of the values that are not tensors of the model, such as "optimizer"; these values were not read.
  public let leftOut: [String]

  /// The tokens in the order of their ids, if the file contains a vocabulary.
  ///
  /// Vocabularies are lists of strings, dictionaries from strings to ids, and the `Dictionary` and `Corpus` of
  /// PyTorch's example word_language_model.
  public let vocabulary: [String]?

  /// The settings of the recurrent layers of a model that was saved as a whole, by the names of their modules.
  public var settings: [String: RecurrentSettings] {
    Dictionary(modules.compactMap { module in module.recurrent.map { (module.name, $0) } }) { first, _ in first }
  }

  /// Returns the tensors as the contents of a safetensors file, without metadata.
  ///
  /// Floating-point tensors of other sizes are converted to float32; integer tensors keep their type.
  public func safetensors() -> SafetensorsFile {
    var converted: [String: StoredTensor] = [:]
    for (name, tensor) in tensors {
      let original = aliases[name].flatMap { converted[$0] }
      converted[name] = original ?? tensor.asFloat32.map { StoredTensor($0) } ?? tensor
    }
    return SafetensorsFile(path: path, metadata: [:], tensors: converted)
  }
}
