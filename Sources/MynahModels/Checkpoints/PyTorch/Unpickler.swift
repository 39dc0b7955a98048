/// A reader of pickles that creates plain values, tensors and records, and executes nothing.
///
/// A pickle is a program for a machine with a stack and a memo. Opcodes that refer to classes and functions are
/// accepted only for the globals of `PickleMeaning`; for all others, an error names the global and its location.
/// Source: `pickletools.py` of Python.
struct Unpickler {
  /// The objects of all pickles that were read.
  var heap: PickleHeap
  var input: PickleInput
  /// The element types and counts of the storages that the pickles refer to, by key.
  var storages: [String: PyTorchStorage] = [:]
  /// A Boolean value indicating whether storages and classes may be referred to by persistent identifiers, as
  /// `torch.save` does.
  let hasPersistentObjects: Bool

  private var stack: [PickleValue] = []
  private var maximumStackCount = 0
  private var marks: [Int] = []
  private var memo: [PickleValue?] = []
  /// The offset of the current opcode.
  private(set) var offset = 0

  /// The maximum number of open marks; Python's own pickler does not nest deeper than 1,000 objects.
  static let maximumMarkCount = 1000
  /// The largest gap between indices of the memo, which picklers assign in ascending order.
  static let maximumMemoGap = 1000

  init(_ input: PickleInput, budget: MemoryBudget, hasPersistentObjects: Bool = true) {
    (self.input, heap) = (input, PickleHeap(budget: budget))
    self.hasPersistentObjects = hasPersistentObjects
  }

  /// Reads the next pickle up to its end.
  ///
  /// - Throws: `PyTorchFileError`, `FileError`.
  mutating func load() throws -> PickleValue {
    (stack, marks, memo) = ([], [], [])
    while true {
      offset = input.position
      let byte = try input.byte()
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw malformed("an opcode of protocols 2 to 5", "the byte 0x\(String(byte, radix: 16, uppercase: true))")
      }
      guard opcode == .stop else {
        try execute(opcode)
        continue
      }
      guard marks.isEmpty, stack.count == 1, let value = stack.first else {
        throw malformed("one value at the end", "\(stack.count) and \(marks.count) open marks")
      }
      return value
    }
  }

  private mutating func execute(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try input.byte()
      guard (2...5).contains(version) else { throw malformed("a pickle of protocol 2 to 5", "protocol \(version)") }
    case .frame:
      let count = try input.longLength()
      guard count <= input.remaining else { throw malformed("a frame within the file", "one of \(count) bytes") }

    case .mark:
      guard marks.count < Self.maximumMarkCount else {
        throw malformed("values nested at most \(Self.maximumMarkCount) deep", "one more")
      }
      marks.append(stack.count)
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .dup: try push(try top())
    case .binget: try push(try remembered(Int(try input.byte())))
    case .longBinget: try push(try remembered(Int(try input.number(UInt32.self))))
    case .binput: try remember(Int(try input.byte()))
    case .longBinput: try remember(Int(try input.number(UInt32.self)))
    case .memoize: try remember(memo.count)

    case .none: try push(.none)
    case .newTrue: try push(.bool(true))
    case .newFalse: try push(.bool(false))
    case .int, .binint, .binint1, .binint2, .long1, .long4, .binfloat: try push(try number(opcode))
    case .shortBinstring, .binstring, .shortBinunicode, .binunicode, .binunicode8: try push(try text(opcode))
    case .shortBinbytes, .binbytes, .binbytes8, .bytearray8: try push(try byteString(opcode))

    case .emptyList: try push(try heap.new(.list([])))
    case .list: try push(try heap.new(.list(try popToMark())))
    case .append: try add([try pop()], isSet: false)
    case .appends: try add(try popToMark(), isSet: false)
    case .emptyTuple: try push(try heap.new(.tuple([])))
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .tuple: try push(try heap.new(.tuple(try popToMark())))
    case .emptyDict: try push(try heap.new(.dictionary([], isOrdered: false)))
    case .dict:
      let items = try popToMark()
      try push(try heap.new(.dictionary([], isOrdered: false)))
      try addEntries(items)
    case .setitem: try addEntries(try pop(2))
    case .setitems: try addEntries(try popToMark())
    case .emptySet: try push(try heap.new(.set([])))
    case .additems: try add(try popToMark(), isSet: true)
    case .frozenset: try push(try heap.new(.set(try popToMark())))

    case .global, .stackGlobal, .reduce, .build, .newobj, .newobjEx, .binpersid, .inst, .obj:
      try refer(opcode)
    }
  }

  /// Returns an error at the current opcode.
  func malformed(_ expected: String, _ found: String) -> PyTorchFileError {
    input.malformed(at: offset, expected: expected, found: found)
  }
}

// MARK: The stack and the memo

extension Unpickler {
  mutating func push(_ value: PickleValue) throws {
    stack.append(value)
    if stack.count > maximumStackCount {
      try heap.budget.spend(PickleHeap.valueByteCount)
      maximumStackCount = stack.count
    }
  }

  mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// Removes the last values.
  ///
  /// They are copied first: a slice would share the stack's memory, so that each removal would copy the whole stack.
  mutating func pop(_ count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw malformed("\(count) values on the stack", "\(stack.count - (marks.last ?? 0))")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  /// The value on top of the stack, above the last mark.
  func top() throws -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw malformed("a value on the stack", "none") }
    return value
  }

  /// Removes the values above the last mark, and the mark.
  mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed("a mark on the stack", "none") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func pushTuple(_ count: Int) throws { try push(try heap.new(.tuple(try pop(count)))) }

  private mutating func add(_ items: [PickleValue], isSet: Bool) throws {
    let target = try top()
    guard try heap.append(items, to: target, isSet: isSet) else {
      throw malformed(isSet ? "a set to add to" : "a list to append to", heap.inWords(target))
    }
  }

  private mutating func addEntries(_ items: [PickleValue]) throws {
    guard items.count.isMultiple(of: 2) else { throw malformed("a value for each key", "\(items.count) values") }
    let target = try top()
    guard try heap.add(items, to: target) else {
      throw malformed("a dictionary to add to", heap.inWords(target))
    }
  }

  private mutating func remember(_ index: Int) throws {
    let value = try top()
    guard index <= memo.count + Self.maximumMemoGap else {
      throw malformed("a number in the memo of at most \(memo.count + Self.maximumMemoGap)", "\(index)")
    }
    if index >= memo.count {
      let missing = index + 1 - memo.count
      try heap.budget.spend(missing * PickleHeap.valueByteCount)
      memo.append(contentsOf: repeatElement(nil, count: missing))
    }
    memo[index] = value
  }

  private func remembered(_ index: Int) throws -> PickleValue {
    guard memo.indices.contains(index), let value = memo[index] else {
      throw malformed("a number of a value in the memo", "\(index)")
    }
    return value
  }
}
