import MynahIO

extension Unpickler {
  /// Creates the object of a persistent identifier of `torch.save`: a storage, or a class with its source text.
  ///
  /// Source: `persistent_load` in PyTorch's `torch/serialization.py`.
  mutating func persistentObject(_ identifier: PickleValue) throws -> PickleValue {
    guard hasPersistentObjects, let items = heap.tuple(identifier), case .string(let kind)? = items.first else {
      throw malformed("no persistent identifier but those of torch.save", heap.inWords(identifier))
    }
    switch kind {
    case "module":
      guard items.count >= 2, case .global = heap[items[1]] else {
        throw malformed("a class in the identifier of a module", items.dropFirst().first.map(heap.inWords) ?? "nothing")
      }
      return items[1]
    case "storage": return try storage(items)
    default: throw malformed("the identifier of a storage or of a module", kind.quoted(40))
    }
  }

  /// Creates a storage from `("storage", type, key, location, size)`; old versions add the view of a part or None.
  private mutating func storage(_ items: [PickleValue]) throws -> PickleValue {
    guard (5...6).contains(items.count), case .storageType(let type)? = heap.meaning(items[1]),
      case .string(let key) = items[2], case .string = items[3], case .integer(let count) = items[4], count >= 0
    else {
      throw malformed(
        "a storage's type, key, device and size", heap.inWords(items.dropFirst()))
    }
    var part = 0..<count
    if items.count == 6, let view = heap.tuple(items[5]) {
      guard view.count == 3, case .integer(let offset) = view[1], case .integer(let size) = view[2], offset >= 0,
        size >= 0, offset <= count, size <= count - offset
      else { throw malformed("a part of a storage of \(count)", heap.inWords(view[...])) }
      part = offset..<offset + size
    }
    guard let byteCount = type.byteCount(ofElements: count), byteCount < .max else {
      throw malformed("a storage of fewer than 2^63 bytes", "\(count) elements of type \(type)")
    }
    if let known = storages[key], known.elementType != type || known.elementCount != count {
      throw malformed(
        "the storage \(key.quoted(40)) with \(known.elementCount) elements of type \(known.elementType), as before",
        "\(count) elements of type \(type)")
    }
    let storage = PyTorchStorage(key: key, elementType: type, elementCount: count, part: part)
    storages[key] = storage
    return try heap.new(.storage(storage))
  }

  /// Creates a tensor from the arguments of the PyTorch function that rebuilds it.
  mutating func tensor(
    _ meaning: PickleMeaning, _ items: [PickleValue], of global: PickleGlobal
  ) throws -> PickleValue {
    func unsuitable() -> PyTorchFileError {
      malformed("the arguments of \(global.description.quoted(80))", heap.inWords(items[...]))
    }
    switch meaning {
    case .rebuildTensor:
      guard items.count == 4 else { throw unsuitable() }
      return try view(items, elementType: nil)
    case .rebuildTensorV2:
      guard (6...7).contains(items.count) else { throw unsuitable() }
      if items.count == 7 { try checkMetadata(items[6]) }
      return try view(items, elementType: nil)
    case .rebuildTensorV3:
      guard (7...8).contains(items.count), case .elementType(let type)? = heap.meaning(items[6]) else {
        throw unsuitable()
      }
      if items.count == 8 { try checkMetadata(items[7]) }
      return try view(items, elementType: type)
    case .rebuildParameter, .rebuildParameterWithState:
      guard items.count == (meaning == .rebuildParameter ? 3 : 4), heap.tensor(items[0]) != nil else {
        throw unsuitable()
      }
      return items[0]
    default:
      // A tensor with attributes: the function, the type, the function's arguments, the attributes.
      guard items.count == 4, case .global(let inner, let function) = heap[items[0]], let type = heap.meaning(items[1]),
        type == .tensorType || type == .record(.parameter), let arguments = heap.tuple(items[2]),
        [.rebuildTensor, .rebuildTensorV2, .rebuildTensorV3].contains(function)
      else { throw unsuitable() }
      return try tensor(function, arguments, of: inner)
    }
  }

  /// Rejects lazily negated or conjugated tensors.
  private func checkMetadata(_ value: PickleValue) throws {
    if case .none = value { return }
    guard heap.entries(value)?.isEmpty == true else {
      throw malformed("a tensor without metadata", "a lazily negated or conjugated one")
    }
  }

  /// Creates a tensor from `(storage, offset, sizes, strides, …)`.
  private mutating func view(_ items: [PickleValue], elementType: ElementType?) throws -> PickleValue {
    guard case .storage(let storage) = heap[items[0]] else {
      throw malformed("a tensor's storage", heap.inWords(items[0]))
    }
    let type = elementType ?? storage.elementType
    guard case .integer(let offset) = items[1], let sizes = integers(items[2]), let strides = integers(items[3]) else {
      throw malformed("a tensor's offset, sizes and strides", heap.inWords(items[1...3]))
    }
    // An untyped storage is a storage of bytes.
    let isWhole = storage.part.lowerBound == 0
    guard type == storage.elementType || (storage.elementType == .uint8 && isWhole) else {
      throw malformed("a tensor of type \(storage.elementType), as its storage", "one of type \(type)")
    }
    let end = storage.part.upperBound * storage.elementType.bitCount / type.bitCount
    let (start, overflow) = storage.part.lowerBound.addingReportingOverflow(offset)
    guard !overflow, offset >= 0 else { throw malformed("a tensor's offset of 0 or more", "\(offset)") }
    let view: StridedView
    do throws(StridedView.Defect) {
      view = try StridedView(offset: start, sizes: sizes, strides: strides, in: end)
    } catch {
      throw malformed(error.expected, error.found)
    }
    return try heap.new(.tensor(PyTorchTensor(storage: storage, elementType: type, view: view)))
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let items = heap.sequence(value) else { return nil }
    let numbers = items.compactMap { item in
      if case .integer(let number) = item { number } else { nil }
    }
    return numbers.count == items.count ? numbers : nil
  }
}
