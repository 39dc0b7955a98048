import MynahIO

extension PickleHeap {
  /// Returns the elements of a tuple; nil for any other value.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    if case .tuple(let items) = self[value] { items } else { nil }
  }

  /// Returns the elements of a list or a tuple; nil for any other value.
  func sequence(_ value: PickleValue) -> [PickleValue]? {
    switch self[value] {
    case .list(let items), .tuple(let items): items
    default: nil
    }
  }

  /// Returns the entries of a dictionary; nil for any other value.
  func entries(_ value: PickleValue) -> [PickleEntry]? {
    if case .dictionary(let entries, _) = self[value] { entries } else { nil }
  }

  /// Returns the value of a string key of a dictionary: the last one, as in Python; nil if there is none.
  func value(of key: String, in entries: [PickleEntry]) -> PickleValue? {
    entries.last { entry in
      if case .string(let text) = entry.key { text.utf8.elementsEqual(key.utf8) } else { false }
    }?.value
  }

  /// Returns the record that a value refers to; nil for any other value.
  func record(_ value: PickleValue) -> PickleRecord? {
    if case .record(let record) = self[value] { record } else { nil }
  }

  /// Returns the attributes of a record, which are its state; empty if it has none.
  func attributes(of record: PickleRecord) -> [PickleEntry] { record.state.flatMap(entries) ?? [] }

  /// Returns the tensor of a value, or of a `Parameter` as PyTorch 0.3 writes it; nil for any other value.
  func tensor(_ value: PickleValue) -> PyTorchTensor? {
    switch self[value] {
    case .tensor(let tensor): return tensor
    case .record(let record) where record.kind == .parameter:
      guard let data = record.arguments.first, case .tensor(let tensor) = self[data] else { return nil }
      return tensor
    default: return nil
    }
  }

  /// Returns the meaning of a global; nil for any other value.
  func meaning(_ value: PickleValue) -> PickleMeaning? {
    if case .global(_, let meaning) = self[value] { meaning } else { nil }
  }

  /// Returns a description of the first values for error messages.
  func inWords(_ values: ArraySlice<PickleValue>) -> String {
    let shown = values.prefix(8).map { inWords($0) }.joined(separator: ", ")
    return values.isEmpty ? "nothing" : values.count > 8 ? "\(shown) and \(values.count - 8) more" : shown
  }

  /// Returns a description of a value for error messages.
  func inWords(_ value: PickleValue) -> String {
    switch value {
    case .none: return "None"
    case .bool: return "a Boolean"
    case .integer(let number): return "the number \(number)"
    case .float: return "a number"
    case .string(let text): return "the text \(text.quoted(40))"
    case .bytes: return "bytes"
    case .object: break
    }
    switch self[value] {
    case .list(let items): return "a list of \(items.count)"
    case .tuple(let items): return "a tuple of \(items.count)"
    case .set: return "a set"
    case .dictionary(let entries, _): return "a dictionary of \(entries.count)"
    case .global(let global, _): return global.description.quoted(80)
    case .storage: return "a storage"
    case .tensor(let tensor): return "a tensor of shape \(tensor.view.sizes)"
    case .record(let record): return "an object of \(record.type.description.quoted(80))"
    case nil: return "nothing"
    }
  }
}
