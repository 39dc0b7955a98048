import MynahIO

/// A search for the models in the object of a file: dictionaries of tensors, and modules.
struct PyTorchModelSearch {
  /// A dictionary of tensors or a module.
  struct Candidate {
    /// The keys that lead to the candidate, the outermost first; empty for the object of the file itself.
    let path: [String]
    let value: PickleValue

    /// The keys joined by dots.
    var key: String { path.joined(separator: ".") }
  }

  private let heap: PickleHeap
  private var visited: Set<Int> = []
  private(set) var candidates: [Candidate] = []

  /// The maximum depth of the dictionaries that are searched for models.
  private static let maximumDepth = 8

  /// The common keys of the model in checkpoints that also contain other tensors, such as a random generator's state.
  private static let usualKeys: Set = [
    "state_dict", "model_state_dict", "model_state", "model", "model_dict", "net", "network", "module", "weights",
    "params",
  ]

  /// Searches an object.
  init(_ object: PickleValue, in heap: PickleHeap) {
    self.heap = heap
    candidates = search(object, [])
  }

  private mutating func search(_ value: PickleValue, _ path: [String]) -> [Candidate] {
    // An object that is found again, under another key, is the same model.
    guard case .object(let index) = value, visited.insert(index).inserted, path.count < Self.maximumDepth else {
      return []
    }
    switch heap[value] {
    case .record(let record) where record.kind.isModule: return [Candidate(path: path, value: value)]
    case .dictionary(let entries, _):
      var (holdsTensors, found) = (false, [Candidate]())
      for entry in entries {
        guard case .string(let key) = entry.key else { continue }
        if heap.tensor(entry.value) != nil { holdsTensors = true } else { found += search(entry.value, path + [key]) }
      }
      guard holdsTensors else { return found }
      let usual = found.filter { $0.path.dropFirst(path.count).contains { Self.usualKeys.contains($0) } }
      return usual.isEmpty ? [Candidate(path: path, value: value)] + found : found
    case .list(let items), .tuple(let items):
      // AWD-LSTM saves its model, criterion and optimizer as one list.
      guard path.isEmpty else { return [] }
      var found: [Candidate] = []
      for (number, item) in items.enumerated() { found += search(item, ["\(number)"]) }
      return found
    default: return []
    }
  }

  /// Returns the other keys at each level of a candidate's path: those of the values that are not read with it.
  ///
  /// - Throws: `PyTorchFileError.tooLarge` if the names are too long.
  func keysBeside(
    _ candidate: Candidate, from object: PickleValue, budget: inout MemoryBudget
  ) throws(PyTorchFileError) -> [String] {
    var (beside, value) = ([String](), object)
    for (depth, step) in candidate.path.enumerated() {
      let prefix = candidate.path[..<depth].map { $0 + "." }.joined()
      var next: PickleValue?
      for (key, item) in items(of: value) {
        if key == step {
          next = item
        } else {
          try budget.spend(prefix.utf8.count + key.utf8.count + 64)
          beside.append(prefix + key)
        }
      }
      guard let next else { break }
      value = next
    }
    return beside
  }

  /// Returns the items of a dictionary or a sequence with their keys.
  private func items(of value: PickleValue) -> [(key: String, item: PickleValue)] {
    if let items = heap.sequence(value) { return items.enumerated().map { ("\($0.offset)", $0.element) } }
    return (heap.entries(value) ?? []).map { entry in
      if case .string(let key) = entry.key { (key, entry.value) } else { (heap.inWords(entry.key), entry.value) }
    }
  }
}

extension PickleMeaning.RecordKind {
  /// A Boolean value indicating whether the object is a module of PyTorch.
  var isModule: Bool { self == .module || self == .recurrentLayer }
}
