package import MynahIO
import MynahTensors

extension PyTorchFile {
  /// Reads a file.
  ///
  /// A file may contain only a vocabulary; then it has no tensors. Reading takes at most four times the file's size
  /// plus 64 MiB of memory.
  ///
  /// - Parameter key: The key of the model, if the file contains several: "generator", or "models.generator".
  /// - Throws: `FileError` if the file cannot be read; `PyTorchFileError` or `CheckpointError` if it is not a PyTorch
  ///   file, is damaged, refers to anything but weights, or contains no model or several.
  public init(contentsOf path: String, key: String? = nil) throws {
    try self.init(.file(try InputFile(path: path)), key: key)
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: As `init(contentsOf:key:)`.
  package init(_ source: ByteSource, key: String? = nil) throws {
    let path = source.path
    var budget = MemoryBudget(fileByteCount: source.byteCount, path: path)
    switch try PyTorchFormat(source) {
    case .archive:
      let archive = try PyTorchArchive(source, budget: &budget)
      let input = try archive.pickle(budget: &budget)
      var unpickler = Unpickler(input, budget: budget)
      let object = try unpickler.loadOnly()
      try self.init(object, unpickler.heap, from: archive, path: path, key: key)
    case .legacy(let start):
      var unpickler = Unpickler(PickleInput(source, from: start), budget: budget)
      let (file, object) = try PyTorchLegacyFile.read(source, &unpickler)
      try self.init(object, unpickler.heap, from: file, path: path, key: key)
    case .pickle:
      var unpickler = Unpickler(PickleInput(source), budget: budget, hasPersistentObjects: false)
      let object = try unpickler.loadOnly()
      try self.init(object, unpickler.heap, from: nil, path: path, key: key)
    }
  }

  /// Extracts the model and the vocabulary from the object of a file.
  private init(
    _ object: PickleValue, _ heap: PickleHeap, from file: (any StorageReader)?, path: String, key: String?
  ) throws {
    var budget = heap.budget
    let vocabulary = try PyTorchVocabulary(in: heap).tokens(of: object, budget: &budget)
    let search = PyTorchModelSearch(object, in: heap)
    var found: [(candidate: PyTorchModelSearch.Candidate, contents: PyTorchModelContents)] = []
    for candidate in search.candidates {
      let contents = try PyTorchModelContents(candidate.value, in: heap, path: path, budget: &budget)
      // A criterion is a module without tensors.
      if !contents.tensors.isEmpty { found.append((candidate, contents)) }
    }
    if let key {
      let keys = found.map(\.candidate.key)
      found.removeAll { $0.candidate.key != key }
      guard found.count == 1 else { throw PyTorchFileError.noSuchModel(path: path, key: key, keys: keys) }
    }
    guard found.count <= 1 else {
      throw PyTorchFileError.severalModels(path: path, keys: found.map(\.candidate.key))
    }
    guard let (candidate, contents) = found.first, let file else {
      guard vocabulary != nil else { throw PyTorchFileError.noModel(path: path, found: heap.inWords(object)) }
      self.init(
        path: path, tensors: [], aliases: [:], modules: [], key: nil, leftOut: [], vocabulary: vocabulary)
      return
    }
    let views = contents.tensors.map(\.tensor)
    let stored = try TensorLoader(file).load(views, budget: &budget)
    var (aliases, firstNames) = ([String: String](), [PyTorchTensor: String]())
    for (name, tensor) in contents.tensors {
      if let first = firstNames[tensor] { aliases[name] = first } else { firstNames[tensor] = name }
    }
    let beside = try search.keysBeside(candidate, from: object, budget: &budget)
    self.init(
      path: path, tensors: Array(zip(contents.tensors.map(\.name), stored)), aliases: aliases,
      modules: contents.modules, key: candidate.path.isEmpty ? nil : candidate.key,
      leftOut: beside + contents.others, vocabulary: vocabulary)
  }
}

extension Unpickler {
  /// Reads the only pickle of the input.
  ///
  /// - Throws: `PyTorchFileError`, `FileError`; `CheckpointError.trailingBytes` if something follows.
  fileprivate mutating func loadOnly() throws -> PickleValue {
    let value = try load()
    guard input.remaining == 0 else {
      throw CheckpointError.trailingBytes(
        path: input.path, expectedByteCount: input.position, foundByteCount: input.position + input.remaining)
    }
    return value
  }
}
