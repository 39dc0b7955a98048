import MynahIO

/// The tensors of a model by name, and the settings of its modules.
struct PyTorchModelContents {
  private(set) var tensors: [(name: String, tensor: PyTorchTensor)] = []
  private(set) var modules: [PyTorchFile.SavedModule] = []
  /// The names of values that are not parameters or buffers: attributes, and other entries of a dictionary.
  private(set) var others: [String] = []

  private let heap: PickleHeap
  private let path: String
  private var budget: MemoryBudget
  private var names: Set<String> = []

  /// The maximum depth of nested modules.
  private static let maximumDepth = 64
  /// The number of bytes that are charged for each name in addition to its characters.
  ///
  /// Modules that are shared have many names.
  private static let nameByteCount = 128

  /// Collects the tensors of a dictionary or a module, in the order of `state_dict()`.
  ///
  /// - Throws: `PyTorchFileError` if names are not unique, a module is damaged, or there are too many names.
  init(_ value: PickleValue, in heap: PickleHeap, path: String, budget: inout MemoryBudget) throws {
    (self.heap, self.path, self.budget) = (heap, path, budget)
    if let entries = heap.entries(value) { try addDictionary(entries) } else { try addModule(value, "", depth: 0) }
    budget = self.budget
  }

  private mutating func addDictionary(_ entries: [PickleEntry]) throws {
    for entry in entries {
      guard let tensor = heap.tensor(entry.value) else {
        try addOther(entry.key, of: "")
        continue
      }
      guard case .string(let name) = entry.key else {
        throw PyTorchFileError.malformedName(
          path: path, name: heap.inWords(entry.key), reason: "has a key that is not text")
      }
      try add(name, tensor)
    }
  }

  private mutating func addOther(_ key: PickleValue, of module: String) throws {
    if case .string(let key) = key {
      others.append(try joined(module, key))
    } else {
      others.append(try joined(module, heap.inWords(key)))
    }
  }

  private mutating func add(_ name: String, _ tensor: PyTorchTensor) throws {
    guard names.insert(name).inserted else {
      throw PyTorchFileError.malformedName(path: path, name: name, reason: "exists twice")
    }
    tensors.append((name, tensor))
  }

  private mutating func addModule(_ value: PickleValue, _ name: String, depth: Int) throws {
    guard let record = heap.record(value), record.kind.isModule else {
      throw malformed(name, "should be a module but is \(heap.inWords(value))")
    }
    guard depth < Self.maximumDepth else {
      throw malformed(name, "is nested more than \(Self.maximumDepth) modules deep")
    }
    let attributes = heap.attributes(of: record)
    modules.append(PyTorchFile.SavedModule(name: name, record, attributes: attributes, in: heap))
    for attribute in attributes where heap.tensor(attribute.value) != nil { try addOther(attribute.key, of: name) }
    let transient = heap.value(of: "_non_persistent_buffers_set", in: attributes).map(texts) ?? []
    for collection in ["_parameters", "_buffers"] {
      for (key, item) in try items(of: collection, in: attributes, module: name) {
        if case .none = item { continue }
        let full = try joined(name, key)
        guard let tensor = heap.tensor(item) else {
          throw malformed(full, "should be a tensor but is \(heap.inWords(item))")
        }
        // A state dictionary lacks these buffers.
        if collection == "_buffers" && transient.contains(key) { others.append(full) } else { try add(full, tensor) }
      }
    }
    for (key, item) in try items(of: "_modules", in: attributes, module: name) {
      if case .none = item { continue }
      try addModule(item, try joined(name, key), depth: depth + 1)
    }
  }

  /// Returns the strings in a set.
  private func texts(_ value: PickleValue) -> Set<String> {
    guard case .set(let items) = heap[value] else { return [] }
    return Set(
      items.compactMap { item in
        if case .string(let text) = item { text } else { nil }
      })
  }

  /// Returns the entries of one of a module's dictionaries; empty if the module lacks the dictionary.
  private mutating func items(
    of collection: String, in attributes: [PickleEntry], module: String
  ) throws -> [(key: String, item: PickleValue)] {
    guard let value = heap.value(of: collection, in: attributes) else { return [] }
    guard let entries = heap.entries(value) else {
      throw malformed(try joined(module, collection), "should be a dictionary but is \(heap.inWords(value))")
    }
    var items: [(key: String, item: PickleValue)] = []
    for entry in entries {
      guard case .string(let key) = entry.key else {
        throw malformed(try joined(module, collection), "has the key \(heap.inWords(entry.key)), which is not text")
      }
      items.append((key, entry.value))
    }
    return items
  }

  /// Returns the full name of a part of a module, and charges the name's memory.
  private mutating func joined(_ module: String, _ name: String) throws -> String {
    try budget.spend(Self.nameByteCount + module.utf8.count + name.utf8.count)
    return module.isEmpty ? name : "\(module).\(name)"
  }

  private func malformed(_ name: String, _ reason: String) -> PyTorchFileError {
    .malformedName(path: path, name: name, reason: reason)
  }
}
