import MynahTensors

/// A loader of the tensors that a pickle refers to.
///
/// Each storage is read once. Tensors that are the same view of a storage share their memory.
struct TensorLoader {
  private let file: any StorageReader

  init(_ file: any StorageReader) { self.file = file }

  /// Returns the contents of tensors in the same order.
  ///
  /// - Throws: `FileError`; `PyTorchFileError` if a storage is damaged, or if the tensors take too much memory.
  func load(_ tensors: [PyTorchTensor], budget: inout MemoryBudget) throws -> [StoredTensor] {
    var loaded: [PyTorchTensor: StoredTensor] = [:]
    var views: [String: [PyTorchTensor]] = [:]
    var keys: [String] = []
    for tensor in Set(tensors) {
      // Tensors of other types may later be converted to float32, so that memory is charged too.
      let converted = tensor.elementType == .float32 ? 0 : MemoryLayout<Float>.size
      try budget.spend(tensor.view.elementCount, of: tensor.elementByteCount + converted)
    }
    for tensor in tensors {
      if views[tensor.storage.key] == nil { keys.append(tensor.storage.key) }
      views[tensor.storage.key, default: []].append(tensor)
    }
    for key in keys {
      guard let users = views[key], let storage = users.first?.storage else { continue }
      try budget.spend(storage.byteCount)
      let bytes = try file.bytes(of: storage)
      for tensor in users where loaded[tensor] == nil { loaded[tensor] = tensor.stored(from: bytes) }
      budget.release(storage.byteCount)
    }
    return tensors.compactMap { loaded[$0] }
  }
}

extension PyTorchTensor {
  /// The size of an element; PyTorch has no types of fewer than eight bits.
  fileprivate var elementByteCount: Int { elementType.bitCount / 8 }

  /// Returns the elements from the bytes of the whole storage.
  fileprivate func stored(from bytes: [UInt8]) -> StoredTensor {
    let shape = Shape(view.sizes)
    guard elementType == .float32 else {
      let count = view.elementCount * elementByteCount
      let elements = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initializedCount in
        let part = unsafe UnsafeMutableRawBufferPointer(start: target.baseAddress, count: count)
        unsafe view.copy(from: bytes.span.bytes, to: part, elementByteCount: elementByteCount)
        initializedCount = count
      }
      return StoredTensor(elementType: elementType, shape: shape, contents: .bytes(elements))
    }
    return StoredTensor(
      unsafe Tensor(shape: shape) { target in
        unsafe view.copy(
          from: bytes.span.bytes, to: UnsafeMutableRawBufferPointer(target), elementByteCount: elementByteCount)
      })
  }
}
