/// A value of a pickle; collections and other objects are indices into a `PickleHeap`.
///
/// Python's objects are shared and may contain themselves. Indices instead of references keep the heap flat: releasing
/// deeply nested objects takes no stack, and cycles do not leak.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case bytes([UInt8])
  case object(Int)
}

/// An object of a pickle.
enum PickleObject {
  case list([PickleValue])
  case tuple([PickleValue])
  case set([PickleValue])
  /// The entries in the order of the file; `isOrdered` is true for an `OrderedDict`, which may have attributes.
  case dictionary([PickleEntry], isOrdered: Bool)
  indirect case global(PickleGlobal, PickleMeaning)
  indirect case storage(PyTorchStorage)
  indirect case tensor(PyTorchTensor)
  indirect case record(PickleRecord)
}

/// An entry of a dictionary.
struct PickleEntry {
  let key, value: PickleValue
}

/// An object of a class, or the result of a call; only its parts are kept, and nothing is executed.
struct PickleRecord {
  let type: PickleGlobal
  let kind: PickleMeaning.RecordKind
  let arguments: [PickleValue]
  var state: PickleValue?
}
