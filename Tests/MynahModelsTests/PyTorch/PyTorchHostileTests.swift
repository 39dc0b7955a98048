import MynahIO
import MynahModels
import MynahTensors
import TestSupport
import Testing

@Suite("Hostile pickles")
struct PyTorchHostileTests {
  private typealias P = PickleBuilder

  /// The error of reading a file whose pickle has these opcodes between PROTO and STOP.
  private func error(_ opcodes: [UInt8]) throws -> PyTorchFileError {
    let bytes = PyTorchFixture.archive((P() + opcodes).ended).bytes
    return try #require(throws: PyTorchFileError.self) { try PyTorchFixture.read(bytes) }
  }

  private static let command = P.text("touch /tmp/owned") + [0x85] + P.op("R")

  @Test(
    "Globals that weights do not need are refused before any use, with their name and offset in the error",
    arguments: [
      (P.global("os", "system") + command, "os.system", 2), (P.global("posix", "system") + command, "posix.system", 2),
      (P.global("builtins", "eval") + command, "builtins.eval", 2),
      (P.global("__builtin__", "exec") + command, "__builtin__.exec", 2),
      (P.text("subprocess") + P.text("Popen") + [0x93], "subprocess.Popen", 27),
      (P.op("N0") + P.global("torch.storage", "_load_from_bytes"), "torch.storage._load_from_bytes", 4),
      (P.global("torch._utils", "_rebuild_sparse_tensor"), "torch._utils._rebuild_sparse_tensor", 2),
      (P.global("torch", "ComplexFloatStorage"), "torch.ComplexFloatStorage", 2),
      (P.global("torch.nn.modules.rnn", "__builtins__"), "torch.nn.modules.rnn.__builtins__", 2),
      (P.global("model", "TransformerModel"), "model.TransformerModel", 2),
      (P.global("os.path", "RNNModel"), "os.path.RNNModel", 2), (P.global("", ""), ".", 2),
    ] as [([UInt8], String, Int)])
  func globals(opcodes: [UInt8], name: String, offset: Int) throws {
    guard case .forbiddenGlobal(_, let location, name) = try error(opcodes) else {
      Issue.record("\(try error(opcodes))")
      return
    }
    #expect(location.member == "data.pkl" && location.byteOffset == offset)
    #expect("\(try error(opcodes))".contains("\(name)' at byte \(offset) of 'data.pkl'"))
  }

  private static let lstm = P.global("torch.nn.modules.rnn", "LSTM")
  private static let orderedDictionary = P.global("collections", "OrderedDict")

  @Test(
    "Known globals are refused in uses that weights do not need",
    arguments: [
      (P.global("builtins", "dict") + P.op(")R"), "calls 'builtins.dict'"),
      (P.global("torch", "Tensor") + P.op(")R"), "calls 'torch.Tensor'"),
      (P.global("torch", "FloatStorage") + P.op(")R"), "calls 'torch.FloatStorage'"),
      (P.global("torch", "float32") + P.op(")R"), "calls 'torch.float32'"),
      (lstm + P.op(")R)R"), "calls 'torch.nn.modules.rnn.LSTM'"),
      (P.op("N)R"), "expected a known class or function"),
      (P.text("eval") + P.op(")R"), "expected a known class or function"),
      (orderedDictionary + P.op("NR"), "expected a tuple of arguments, found None"),
      (orderedDictionary + P.op(")") + [0x81], "creates an object of 'collections.OrderedDict'"),
      (
        P.global("builtins", "getattr") + P.op("(") + P.text("a") + P.text("b") + P.op("tR"), "calls 'builtins.getattr'"
      ),
      (P.global("builtins", "getattr") + P.op("(") + lstm + P.text("b") + P.op("tR"), "calls 'builtins.getattr'"),
      (P.op("(itorch.nn.modules.rnn\nLSTM\n"), "INST"), (P.op("(ios\nsystem\n"), "INST"),
      (P.op("(") + lstm + P.op("o"), "OBJ"), (P.op("(No"), "expected a class"),
      (lstm + P.op(")") + P.dictionary([("a", P.op("N"))]) + [0x92], "no named arguments"),
      (P.op("}}b"), "expected a known class or function"), (P.op("]Nb"), "found a list of 0"),
      (lstm + P.op("}b"), "sets the state of 'torch.nn.modules.rnn.LSTM'"),
      (lstm + P.op(")") + [0x81] + P.op("}b}b"), "sets the state of"),
      (P.tensor(sizes: [4], strides: [1]) + P.op("}b"), "found a tensor of shape [4]"),
      (P.global("_codecs", "encode") + P.op("(") + P.text("a") + P.text("utf-7") + P.op("tR"), "the arguments of"),
      (P.global("_codecs", "encode") + P.op("(") + P.text("漢") + P.text("latin1") + P.op("tR"), "the arguments of"),
      (orderedDictionary + P.op("](NNNtae") + [0x85] + P.op("R"), "a mark"),
      (orderedDictionary + P.op("](NNNta") + [0x85] + P.op("R"), "the arguments of 'collections.OrderedDict'"),
      (P.text("storage") + P.op("Q"), "persistent identifier"), (P.tuple([P.text("x")]) + P.op("Q"), "'x'"),
      (P.tuple([P.text("module"), P.text("os")]) + P.op("Q"), "a class in the identifier"),
    ] as [([UInt8], String)])
  func calls(opcodes: [UInt8], words: String) throws {
    let error = try error(opcodes)
    #expect("\(error)".contains(words), "\(error)")
  }

  /// Opcodes that break a rule, and part of the error message.
  private struct BrokenRule: CustomTestStringConvertible, Sendable {
    let opcodes: [UInt8]
    let words: String
    var testDescription: String { words }

    init(_ opcodes: [UInt8], _ words: String) { (self.opcodes, self.words) = (opcodes, words) }
    init(_ opcodes: String, _ numbers: [UInt8], _ words: String) { self.init(P.op(opcodes) + numbers, words) }
    init(_ opcodes: String, _ words: String) { self.init(P.op(opcodes), words) }
  }

  private static let brokenRules: [BrokenRule] = [
    BrokenRule("h\u{5}", "expected a number of a value in the memo, found 5"),
    BrokenRule("Nr", [255, 255, 255, 255], "in the memo of at most 1000, found 4294967295"),
    BrokenRule("j", [0, 0, 0, 0x80], "found 2147483648"), BrokenRule("q\0", "a value on the stack"),
    BrokenRule("0", "a value on the stack, found none"), BrokenRule("1", "a mark on the stack"),
    BrokenRule("(0t", "a mark"), BrokenRule("e", "a mark"), BrokenRule("N(a", "a value on the stack"),
    BrokenRule("N(Ne", "a list to append to, found None"), BrokenRule("}(Nu", "a value for each key"),
    BrokenRule("](NNu", "a dictionary to add to"), BrokenRule("NN", "one value at"), BrokenRule("(N", "open marks"),
    BrokenRule("", "one value at the end, found 0"), BrokenRule([0xFF], "the byte 0xFF"),
    BrokenRule([0x82, 1], "the byte 0x82"), BrokenRule("P1\n", "the byte 0x50"),
    BrokenRule([0x80, 0], "protocol 0"), BrokenRule([0x80, 6], "protocol 6"),
    BrokenRule([0x8A, 9] + [UInt8](repeating: 1, count: 9), "an integer of at most 64 bits, found 9 bytes"),
    BrokenRule([0x8B, 255, 255, 255, 255], "found -1 bytes"),
    BrokenRule("I99999999999999999999\n", "a whole number"), BrokenRule("Iabc\n", "a whole number"),
    BrokenRule("X", [1, 0, 0, 0, 0xFF], "UTF-8 text"), BrokenRule("X", [3, 0, 0, 0, 0xED, 0xA0, 0x80], "UTF-8 text"),
    BrokenRule("X", [255, 255, 255, 0x7F], "2147483647 more bytes"),
    BrokenRule([0x8D] + [UInt8](repeating: 255, count: 8), "a size that fits"),
    BrokenRule([0x8E] + (1 << 62).littleEndianBytes, "more bytes"),
    BrokenRule([0x95] + (1 << 40).littleEndianBytes, "a frame within the file"),
    BrokenRule([0x96, 1, 0, 0, 0, 0, 0, 0, 0], "one more byte, found the end"),
    BrokenRule("c", [UInt8](repeating: 0x61, count: 5000), "a line of at most 1000 bytes"),
    BrokenRule([UInt8](repeating: 0x28, count: 2000), "nested at most 1000 deep"),
    BrokenRule(P.text("a") + [0x93], "2 values on the stack"), BrokenRule("NN", [0x93], "the names of a module"),
  ]

  @Test("Pickles that break a rule of the format are refused with an error about that rule", arguments: brokenRules)
  private func rules(broken: BrokenRule) throws {
    let error = try error(broken.opcodes)
    #expect("\(error)".contains(broken.words), "\(error)")
    #expect("\(error)".count < 1000)
  }

  @Test(
    "Tensors outside their storage are refused, even if their sizes overflow",
    arguments: [
      (offset: -1, sizes: [4], strides: [1]), (0, [-4], [1]), (0, [4], [-1]), (0, [5], [1]), (1, [4], [1]),
      (0, [2, 2], [3, 1]), (0, [2], [4]), (0, [2], [.max]), (0, [3], [.max]), (.max, [2], [1]), (.max, [2], [.max]),
      (0, [1 << 32, 1 << 32], [0, 0]), (0, [1 << 32, 1 << 32, 0], [0, 0, 0]), (0, [4], []), (0, [], [1]), (4, [], []),
      (0, [Int](repeating: 1, count: 65), [Int](repeating: 1, count: 65)),
    ] as [(offset: Int, sizes: [Int], strides: [Int])])
  func tensors(offset: Int, sizes: [Int], strides: [Int]) throws {
    let tensor = P.tensor(offset: offset, sizes: sizes, strides: strides)
    guard case .malformedPickle = try error(P.dictionary([("w", tensor)])) else {
      Issue.record("\(try error(P.dictionary([("w", tensor)])))")
      return
    }
  }

  @Test(
    "Views that PyTorch can write are read, whatever the strides of axes of size 1",
    arguments: [
      (offset: 0, sizes: [4], strides: [1], elements: [1, 2, 3, 4]), (3, [], [], [4]), (0, [0], [1], []),
      (.max, [0], [1], []), (0, [3, 0], [.max, .max], []), (2, [1, 1], [.max, .max], [3]), (1, [3], [0], [2, 2, 2]),
      (0, [2, 2], [1, 2], [1, 3, 2, 4]), (0, [2, 2], [1, 1], [1, 2, 2, 3]),
      (0, [2, 1, 2], [2, .max, 1], [1, 2, 3, 4]),
      (0, [2, 1], [3, .max], [1, 4]), (1, [2, 2, 2], [0, 2, 0], [2, 2, 4, 4, 2, 2, 4, 4]),
    ] as [(offset: Int, sizes: [Int], strides: [Int], elements: [Float])])
  func views(offset: Int, sizes: [Int], strides: [Int], elements: [Float]) throws {
    let pickle = (P() + P.dictionary([("w", P.tensor(offset: offset, sizes: sizes, strides: strides))])).ended
    let storages = [("0", PyTorchFixture.floats([1, 2, 3, 4]))]
    let file = try PyTorchFixture.read(PyTorchFixture.archive(pickle, storages: storages).bytes)
    #expect(file.tensors.first?.tensor.tensor == Tensor(shape: Shape(sizes), elements))
  }

  @Test("Sizes beyond the limit are refused before memory is allocated for them")
  func sizes() throws {
    let enormous: [[UInt8]] = [
      P.tensor(sizes: [1 << 62], strides: [0]), P.tensor(sizes: [100_000, 100_000], strides: [0, 0]),
      P.tensor(type: "HalfStorage", sizes: [.max], strides: [0]), P.tensor(sizes: [1 << 25], strides: [0]),
    ]
    for tensor in enormous {
      guard case .tooLarge = try error(P.dictionary([("w", tensor)])) else {
        Issue.record("\(try error(P.dictionary([("w", tensor)])))")
        continue
      }
    }
    // Storages whose byte count overflows an Int, or that do not match those in the archive.
    #expect("\(try error(P.tensor(storageCount: 1 << 61, sizes: [1], strides: [1])))".contains("2^63 bytes"))
    #expect("\(try error(P.tensor(storageCount: -1, sizes: [0], strides: [1])))".contains("a storage's type"))
    #expect(
      try error(P.dictionary([("w", P.tensor(storageCount: 5, sizes: [1], strides: [1]))]))
        == .malformedStorage(path: "model.pt", key: "0", expected: "20 bytes", found: "16"))
    #expect(
      try error(P.dictionary([("w", P.tensor(key: "../0", sizes: [1], strides: [1]))]))
        == .missingMember(path: "model.pt", name: "a/data/../0"))
    let types = P.tensor(sizes: [4], strides: [1]) + P.tensor(type: "IntStorage", sizes: [4], strides: [1])
    #expect("\(try error(types))".contains("of type F32, as before"))
  }

  @Test("A lazily negated tensor is refused instead of being read with the wrong sign")
  func lazilyNegated() throws {
    let view = [P.integer(0), P.tuple([P.integer(4)]), P.tuple([P.integer(1)])]
    let hooks = P.global("collections", "OrderedDict") + P.op(")R")
    let metadata = P.dictionary([("neg", [0x88])])
    let tensor =
      P.global("torch._utils", "_rebuild_tensor_v2")
      + P.tuple([P.storage("0", count: 4)] + view + [[0x89], hooks, metadata]) + P.op("R")
    #expect("\(try error(P.dictionary([("w", tensor)])))".contains("lazily negated"))
  }
}
