/// A value of a pickle; collections and other objects are numbers of entries in a `PickleHeap`.
///
/// Python's objects are shared and may contain themselves. Numbers instead of references keep all of it flat: deep
/// nesting takes no stack when it is released, and cycles leave no memory behind.
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
  /// In the order of the file; `isOrdered`: an `OrderedDict`, which may have attributes.
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

/// An object of a class, or the result of a call, of which only the parts are kept: nothing is executed.
struct PickleRecord {
  let type: PickleGlobal
  let kind: PickleMeaning.RecordKind
  let arguments: [PickleValue]
  var state: PickleValue?
}
