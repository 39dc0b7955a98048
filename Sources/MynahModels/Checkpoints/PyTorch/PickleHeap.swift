/// The objects of a pickle.
struct PickleHeap {
  private var objects: [PickleObject] = []
  var budget: MemoryBudget

  init(budget: MemoryBudget) { self.budget = budget }

  /// The bytes that are charged for each value in a collection: an array allocates up to twice the memory it uses.
  static let valueByteCount = 2 * MemoryLayout<PickleValue>.stride
  private static let objectByteCount = 2 * MemoryLayout<PickleObject>.stride + 128

  /// Adds an object.
  mutating func new(_ object: PickleObject) throws -> PickleValue {
    let count =
      switch object {
      case .list(let items), .tuple(let items), .set(let items): items.count
      case .dictionary(let entries, _): 2 * entries.count
      case .record(let record): record.arguments.count
      case .tensor(let tensor): 2 * tensor.view.sizes.count
      case .global, .storage: 0
      }
    try budget.spend(Self.objectByteCount + count * Self.valueByteCount)
    objects.append(object)
    return .object(objects.count - 1)
  }

  /// The object of a value; nil for a plain value.
  subscript(value: PickleValue) -> PickleObject? {
    if case .object(let index) = value { objects[index] } else { nil }
  }

  /// Adds values to a list or a set.
  ///
  /// - Returns: false if the value is neither.
  mutating func append(_ items: [PickleValue], to value: PickleValue, isSet: Bool) throws -> Bool {
    guard case .object(let index) = value else { return false }
    switch objects[index] {
    case .list(var list) where !isSet:
      try budget.spend(items.count * Self.valueByteCount)
      objects[index] = .list([])  // The array has one owner now, so it is not copied.
      list += items
      objects[index] = .list(list)
    case .set(var set) where isSet:
      try budget.spend(items.count * Self.valueByteCount)
      objects[index] = .set([])
      set += items
      objects[index] = .set(set)
    default: return false
    }
    return true
  }

  /// Adds entries to a dictionary from alternating keys and values.
  ///
  /// - Returns: false if the value is not a dictionary.
  mutating func add(_ items: [PickleValue], to value: PickleValue) throws -> Bool {
    guard case .object(let index) = value, case .dictionary(var entries, let isOrdered) = objects[index] else {
      return false
    }
    try budget.spend(items.count * Self.valueByteCount)
    objects[index] = .dictionary([], isOrdered: isOrdered)
    for place in stride(from: 0, to: items.count - 1, by: 2) {
      entries.append(PickleEntry(key: items[place], value: items[place + 1]))
    }
    objects[index] = .dictionary(entries, isOrdered: isOrdered)
    return true
  }

  /// Sets the state of a record that has none.
  ///
  /// - Returns: false if the value is not a record or already has a state.
  mutating func setState(_ state: PickleValue, of value: PickleValue) -> Bool {
    guard case .object(let index) = value, case .record(var record) = objects[index], record.state == nil else {
      return false
    }
    record.state = state
    objects[index] = .record(record)
    return true
  }
}
