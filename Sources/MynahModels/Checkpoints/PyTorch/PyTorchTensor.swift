/// A storage that a pickle refers to: memory that tensors view.
struct PyTorchStorage: Hashable {
  /// The key of the storage's bytes in the file.
  let key: String
  let elementType: ElementType
  /// The number of elements of the whole storage.
  let elementCount: Int
  /// The part that is viewed, in elements; only files of old versions have views of storages.
  let part: Range<Int>
}

/// A tensor that a pickle refers to: a view of a storage.
struct PyTorchTensor: Hashable {
  let storage: PyTorchStorage
  let elementType: ElementType
  /// The view of the elements, with offsets from the start of the whole storage.
  let view: StridedView
}
