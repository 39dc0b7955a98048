import MynahIO

extension Unpickler {
  /// Executes an opcode that refers to a class, a function or a persistent object.
  mutating func refer(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .global: try push(try global(module: try input.line(), name: try input.line()))
    case .stackGlobal:
      let names = try pop(2)
      guard case .string(let module)? = names.first, case .string(let name)? = names.last else {
        throw malformed("the names of a module and of a global", heap.inWords(names[...]))
      }
      try push(try global(module: module, name: name))
    case .inst:
      let name = PickleGlobal(module: try input.line(), name: try input.line())
      throw forbiddenCall(name, "creates an object of (INST)")
    case .obj:
      let items = try popToMark()
      guard let type = items.first, case .global(let name, _) = heap[type] else {
        throw malformed("a class to create an object of", items.first.map(heap.inWords) ?? "nothing")
      }
      throw forbiddenCall(name, "creates an object of (OBJ)")
    case .reduce:
      let arguments = try pop()
      try push(try call(try pop(), arguments))
    case .newobj:
      let arguments = try pop()
      try push(try object(of: try pop(), arguments))
    case .newobjEx:
      let named = try pop()
      guard heap.entries(named)?.isEmpty == true else {
        throw malformed("no named arguments for a new object", heap.inWords(named))
      }
      let arguments = try pop()
      try push(try object(of: try pop(), arguments))
    case .build:
      let state = try pop()
      try build(try top(), state)
    default:
      let identifier = try pop()
      try push(try persistentObject(identifier))
    }
  }

  private mutating func global(module: String, name: String) throws -> PickleValue {
    let global = PickleGlobal(module: module, name: name)
    guard let meaning = PickleMeaning(global) else {
      throw PyTorchFileError.forbiddenGlobal(
        path: input.path, at: input.location(offset), global: global.description)
    }
    return try heap.new(.global(global, meaning))
  }

  private func forbiddenCall(_ global: PickleGlobal, _ operation: String) -> PyTorchFileError {
    .forbiddenCall(
      path: input.path, at: input.location(offset), global: global.description, operation: operation)
  }

  private func forbidden(_ callee: PickleValue, _ operation: String) -> PyTorchFileError {
    if case .global(let global, _) = heap[callee] { return forbiddenCall(global, operation) }
    if let record = heap.record(callee) { return forbiddenCall(record.type, operation) }
    return malformed("a known class or function, or an object of one", heap.inWords(callee))
  }

  /// Creates a record for a new object of a class.
  private mutating func object(of type: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .global(let global, .record(let kind)) = heap[type] else {
      throw forbidden(type, "creates an object of")
    }
    guard let items = heap.tuple(arguments) else { throw malformed("a tuple of arguments", heap.inWords(arguments)) }
    return try heap.new(.record(PickleRecord(type: global, kind: kind, arguments: items, state: nil)))
  }

  /// Sets the state of a record; ignores the attributes of an `OrderedDict`.
  private mutating func build(_ target: PickleValue, _ state: PickleValue) throws {
    if case .dictionary(_, isOrdered: true) = heap[target] { return }
    if heap.setState(state, of: target) { return }
    throw forbidden(target, "sets the state of")
  }

  /// Creates the result of calling a known function.
  private mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .global(let global, let meaning) = heap[callee] else { throw forbidden(callee, "calls") }
    guard let items = heap.tuple(arguments) else { throw malformed("a tuple of arguments", heap.inWords(arguments)) }
    func unsuitable() -> PyTorchFileError {
      malformed("the arguments of \(global.description.quoted(80))", heap.inWords(items[...]))
    }
    switch meaning {
    case .orderedDictionary, .defaultDictionary, .counter:
      guard let result = try dictionary(from: items, meaning) else { throw unsuitable() }
      return result
    case .set:
      guard items.count <= 1, let elements = items.first.map(heap.sequence) ?? [] else { throw unsuitable() }
      return try heap.new(.set(elements))
    case .encode:
      guard items.count == 2, case .string(let text) = items[0], case .string(let encoding) = items[1],
        ["latin1", "latin-1"].contains(encoding), text.unicodeScalars.allSatisfy({ $0.value < 0x100 })
      else { throw unsuitable() }
      try heap.budget.spend(text.utf8.count)
      return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    case .bytearray:
      guard items.count <= 1 else { throw unsuitable() }
      guard let content = items.first else { return .bytes([]) }
      guard case .bytes = content else { throw unsuitable() }
      return content
    case .attribute:
      guard items.count == 2, let record = heap.record(items[0]), case .string = items[1] else {
        throw forbiddenCall(global, "calls")
      }
      return try heap.new(
        .record(PickleRecord(type: record.type, kind: .other, arguments: items, state: PickleValue.none)))
    case .size:
      guard items.count == 1, let sizes = heap.sequence(items[0]) else { throw unsuitable() }
      return try heap.new(.tuple(sizes))
    case .device:
      guard case .string? = items.first else { throw unsuitable() }
      return items[0]
    case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3, .rebuildParameter, .rebuildParameterWithState,
      .rebuildFromType:
      return try tensor(meaning, items, of: global)
    case .record(let kind):
      return try heap.new(.record(PickleRecord(type: global, kind: kind, arguments: items, state: nil)))
    case .type, .tensorType, .storageType, .elementType: throw forbiddenCall(global, "calls")
    }
  }

  /// Creates a dictionary from the arguments of its class; nil if they are not valid.
  private mutating func dictionary(from items: [PickleValue], _ meaning: PickleMeaning) throws -> PickleValue? {
    let isOrdered = meaning == .orderedDictionary
    // The first argument of a defaultdict is the type of its default values.
    let contents = meaning == .defaultDictionary ? items.dropFirst() : items[...]
    guard contents.count <= 1 else { return nil }
    guard let content = contents.first else { return try heap.new(.dictionary([], isOrdered: isOrdered)) }
    if let entries = heap.entries(content) { return try heap.new(.dictionary(entries, isOrdered: isOrdered)) }
    guard let pairs = heap.sequence(content) else { return nil }
    var entries: [PickleEntry] = []
    for pair in pairs {
      guard let pair = heap.sequence(pair), pair.count == 2 else { return nil }
      entries.append(PickleEntry(key: pair[0], value: pair[1]))
    }
    return try heap.new(.dictionary(entries, isOrdered: isOrdered))
  }
}
