import MynahIO

/// An error in the contents of a file of PyTorch's `torch.save`; errors of the file system are `FileError`s.
public enum PyTorchFileError: Error, Equatable, Sendable {
  /// The file is of another kind, `found`.
  case notPyTorch(path: String, found: String)
  /// The file is a TorchScript program.
  case torchScript(path: String)
  /// The file was written on a big-endian machine.
  case bigEndian(path: String)
  /// The archive lacks a file that its pickle refers to.
  case missingMember(path: String, name: String)
  /// A pickle breaks a rule of its format, or has values that no file of PyTorch has.
  case malformedPickle(path: String, at: PickleLocation, expected: String, found: String)
  /// A pickle refers to a class or a function that weights do not need.
  case forbiddenGlobal(path: String, at: PickleLocation, global: String)
  /// A pickle uses a known class or function in a way that weights do not need.
  case forbiddenCall(path: String, at: PickleLocation, global: String, operation: String)
  /// The bytes of a storage do not fit its description.
  case malformedStorage(path: String, key: String, expected: String, found: String)
  /// A tensor's name is not a string or not unique, or the module with this name is damaged.
  case malformedName(path: String, name: String, reason: String)
  /// The contents would take more memory than a file of this size may.
  case tooLarge(path: String, limit: Int)
  /// The file contains neither tensors of a model nor a vocabulary.
  case noModel(path: String, found: String)
  /// The file contains several dictionaries of tensors or modules.
  case severalModels(path: String, keys: [String])
  /// The file contains no model with tensors under this key.
  case noSuchModel(path: String, key: String, keys: [String])
}

extension PyTorchFileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notPyTorch(let path, let found):
      "\(path.quoted()) is not a torch.save file: \(found); name a file written by torch.save"
    case .torchScript(let path):
      "\(path.quoted()) is a TorchScript program, which would have to be executed; "
        + "load it with torch.jit.load and save its weights with torch.save(model.state_dict(), …)"
    case .bigEndian(let path):
      "\(path.quoted()) was written on a big-endian machine, and only little-endian files are read; "
        + "load it in PyTorch on a little-endian machine and save it again"
    case .missingMember(let path, let name):
      "the archive \(path.quoted()) lacks the file \(name.quoted(80)); copy or download it again"
    case .malformedPickle(let path, let location, let expected, let found):
      "the pickle in \(path.quoted()) is damaged at \(location): expected \(expected), found \(found); "
        + "copy or download the file again"
    case .forbiddenGlobal(let path, let location, let global):
      "the pickle in \(path.quoted()) refers to \(global.quoted(200)) at \(location), and only tensors and known "
        + "modules are read; nothing was executed; \(adviceOnTrust)"
    case .forbiddenCall(let path, let location, let global, let operation):
      "the pickle in \(path.quoted()) \(operation) \(global.quoted(200)) at \(location), and only tensors and known "
        + "modules are read; nothing was executed; \(adviceOnTrust)"
    case .malformedStorage(let path, let key, let expected, let found):
      "the storage \(key.quoted(40)) of \(path.quoted()) is damaged: expected \(expected), found \(found); "
        + "copy or download the file again"
    case .malformedName(let path, let name, let reason):
      "the tensor \(name.quoted(80)) of \(path.quoted()) \(reason); save the weights with "
        + "torch.save(model.state_dict(), …)"
    case .tooLarge(let path, let limit):
      "the contents of \(path.quoted()) would take more than \(limit) bytes of memory, four times the file's size plus "
        + "\(MemoryBudget.constant / 1_048_576) MiB; save the weights alone with torch.save(model.state_dict(), …)"
    case .noModel(let path, let found):
      "\(path.quoted()) contains \(found), and no tensors by name; expected a state dictionary, a checkpoint with one, "
        + "or a module"
    case .severalModels(let path, let keys):
      "\(path.quoted()) contains several models: \(keys.quotedList()); choose one of them by its key"
    case .noSuchModel(let path, let key, let keys):
      "\(path.quoted()) contains no model with the key \(key.quoted(80)); expected \(keys.quotedList())"
    }
  }
}

private let adviceOnTrust =
  "if you trust the file, load it in PyTorch and save the weights with torch.save(model.state_dict(), …)"
