import MynahIO
import MynahModels
import MynahTensors
import TestSupport
import Testing

@Suite("The structure of pickles and archives")
struct PyTorchStructureTests {
  private typealias P = PickleBuilder

  private func error(_ bytes: [UInt8]) throws -> any Error {
    try #require(throws: (any Error).self) { try PyTorchFixture.read(bytes) }
  }

  private func error(pickle opcodes: [UInt8]) throws -> PyTorchFileError {
    try #require(try error(PyTorchFixture.archive((P() + opcodes).ended).bytes) as? PyTorchFileError)
  }

  private static let tensor = P.tensor(sizes: [4], strides: [1])

  @Test("Deep nesting uses no stack and no more memory than the limit")
  func depth() throws {
    let tuples = P.op(")") + [UInt8](repeating: 0x85, count: 50_000)
    #expect(try error(pickle: tuples) == .noModel(path: "model.pt", found: "a tuple of 1"))
    let lists = [UInt8](repeating: 0x5D, count: 50_000) + [UInt8](repeating: 0x61, count: 49_999)
    #expect(try error(pickle: lists) == .noModel(path: "model.pt", found: "a list of 1"))
    // Nested dictionaries, each under the key "a".
    let dictionaries =
      (0..<50_000).flatMap { _ in P.op("}") + [0x8C, 1, 0x61] } + P.op("N") + [UInt8](repeating: 0x73, count: 50_000)
    #expect(try error(pickle: dictionaries) == .noModel(path: "model.pt", found: "a dictionary of 1"))
    guard case .tooLarge = try error(pickle: P.op(")") + [UInt8](repeating: 0x85, count: 1_000_000)) else {
      Issue.record("a million tuples")
      return
    }
    guard case .tooLarge = try error(pickle: [UInt8](repeating: 0x4E, count: 2_000_000)) else {
      Issue.record("two million values on the stack")
      return
    }
  }

  @Test("Reading terminates on structures that contain themselves")
  func cycles() throws {
    #expect(try error(pickle: P.op("]q\0h\0a")) == .noModel(path: "model.pt", found: "a list of 1"))
    let dictionary = P.op("}q\0") + P.text("model") + P.op("h\0s")
    #expect(try error(pickle: dictionary) == .noModel(path: "model.pt", found: "a dictionary of 1"))
    let module =
      P.global("model", "RNNModel") + P.op(")") + [0x81] + P.op("q\0")
      + P.dictionary([("_modules", P.op("}") + P.text("a") + P.op("h\0s"))]) + P.op("b")
    #expect("\(try error(pickle: module))".contains("is nested more than 64 modules deep"))
    // A state dictionary that contains itself is read, and entries that are not tensors are listed.
    let state = P.op("}q\0(") + P.text("w") + Self.tensor + P.text("itself") + P.op("h\0u")
    let file = try PyTorchFixture.read(PyTorchFixture.archive((P() + state).ended).bytes)
    #expect(file.tensors.map(\.name) == ["w"] && file.leftOut == ["itself"])
  }

  @Test("Modules that share submodules at every level are refused as too large")
  func sharedModules() throws {
    var module = P.object("torch.nn.modules.module", "Module", []) + P.op("q\0")
    for _ in 0..<40 {
      let children = P.op("}(") + P.text("a") + P.op("h\0") + P.text("b") + P.op("h\0u")
      module += P.object("torch.nn.modules.module", "Module", [("_modules", children)]) + P.op("q\0")
    }
    let opcodes = P.op("(") + module + P.op("l")
    guard case .tooLarge = try error(pickle: opcodes) else {
      Issue.record("\(try error(pickle: opcodes))")
      return
    }
  }

  @Test(
    "Damaged modules and names are refused",
    arguments: [
      (P.object("model", "RNNModel", [("_modules", P.op("]"))]), "'_modules' of 'model.pt' should be a dictionary"),
      (P.object("model", "RNNModel", [("_modules", P.dictionary([("a", P.op("]"))]))]), "should be a module"),
      (
        P.object("model", "RNNModel", [("_parameters", P.dictionary([("a", P.text("x"))]))]),
        "'a' of 'model.pt' should be a"
      ),
      (P.object("model", "RNNModel", [("_buffers", P.op("}K\u{1}Ns"))]), "the key the number 1, which is not text"),
      (P.dictionary([("w", tensor), ("w", tensor)]), "'w' of 'model.pt' exists twice"),
      (P.op("}K\u{1}") + tensor + P.op("s"), "no tensors by name"),
      (P.op("}(") + P.text("w") + tensor + P.op("K\u{1}") + tensor + P.op("u"), "has a key that is not text"),
      (P.object("model", "RNNModel", []), "an object of 'model.RNNModel'"), (tensor, "a tensor of shape [4]"),
      (P.op("]") + tensor + P.op("a"), "a list of 1"),
      (P.dictionary([("a", P.dictionary([("w", tensor)])), ("w", tensor)]), "several models: '', 'a'"),
    ] as [([UInt8], String)])
  func modules(opcodes: [UInt8], words: String) throws {
    let error = try error(pickle: opcodes)
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test(
    "Vocabularies with gaps, duplicate ids or contradictory lists are not read",
    arguments: [
      P.dictionary([("a", P.op("K\0")), ("b", P.op("K\u{2}"))]),
      P.dictionary([("a", P.op("K\0")), ("b", P.op("K\0"))]),
      P.op("]"), P.op("}"), P.op("](") + P.text("a") + P.op("Ne"),
      P.object(
        "data", "Dictionary",
        [("idx2word", P.op("]") + P.text("a") + P.op("a")), ("word2idx", P.dictionary([("b", P.op("K\0"))]))]),
      P.object("data", "Corpus", [("dictionary", P.op("]"))]),
    ])
  func vocabularies(opcodes: [UInt8]) throws {
    guard case .noModel = try error(pickle: opcodes) else {
      Issue.record("\(try error(pickle: opcodes))")
      return
    }
  }

  @Test(
    "Files of other kinds are refused with an error that names the kind",
    arguments: [
      ([], "it is empty"), (Array("the\nbird\n".utf8), "it is text"),
      ([0x89] + Array("HDF\r\n\u{1A}\n".utf8), "HDF5"), ([0x1F, 0x8B, 8], "gzip"),
      ([2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), "safetensors"),
      ([0x80, 2, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), "safetensors"),
      ([0, 1, 2, 250], "its first bytes are 00 01 02 FA"),
      ([UInt8](repeating: 0, count: 257) + Array("ustar\0".utf8), "a tar archive"),
      (ArchiveBuilder([("config.json", []), ("model.weights.h5", [])]).bytes, "a Keras model"),
      (ArchiveBuilder([("a.npy", [])]).bytes, "NumPy arrays"),
      (ArchiveBuilder([("a.txt", [])]).bytes, "without the file"),
      (ArchiveBuilder([("a/data.pkl", []), ("b/data.pkl", [])]).bytes, "several pickles"),
      (ArchiveBuilder().bytes, "an empty zip archive"),
    ] as [([UInt8], String)])
  func otherFiles(bytes: [UInt8], words: String) throws {
    guard case PyTorchFileError.notPyTorch(_, let found) = try error(bytes) else {
      Issue.record("\(try error(bytes))")
      return
    }
    #expect(found.contains(words), "\(found)")
  }

  @Test("TorchScript programs, unknown modules and big-endian files are refused with specific errors")
  func refused() throws {
    let path = try PyTorchFixture.path("script.pt")
    #expect(throws: PyTorchFileError.torchScript(path: path)) { try PyTorchFile(contentsOf: path) }
    let other = #expect(throws: PyTorchFileError.self) { try PyTorchFixture.file("other-module.pt") }
    #expect("\(try #require(other))".contains("refers to 'other.Other' at byte 2 of 'data.pkl'"))
    let big = ArchiveBuilder([("a/data.pkl", []), ("a/byteorder", Array("big".utf8))]).bytes
    #expect(throws: PyTorchFileError.bigEndian(path: "model.pt")) { try PyTorchFixture.read(big) }
    let strange = ArchiveBuilder([("a/data.pkl", []), ("a/byteorder", Array("middle".utf8))]).bytes
    #expect("\(try error(strange))".contains("its byte order is 'middle'"))
    // A pickle written by pickle.dump has no storages.
    #expect("\(try error((P() + P.storage("0", count: 1)).ended))".contains("persistent identifier"))
    #expect("\(try error((P() + P.op("N")).ended + [0]))".contains("too long"))
  }

  @Test("Archives with wrong or enormous sizes are refused without allocating memory for them")
  func archives() throws {
    let pickle = (P() + P.dictionary([("w", Self.tensor)])).ended
    let sound = PyTorchFixture.archive(pickle)
    #expect(try PyTorchFixture.read(sound.bytes).tensors.count == 1)
    var enormous = sound
    enormous.members[0].method = 8
    enormous.members[0].byteCount = 4_000_000_000
    guard case PyTorchFileError.tooLarge = try error(enormous.bytes) else {
      Issue.record("\(try error(enormous.bytes))")
      return
    }
    var compressed = sound
    compressed.members[2].method = 8
    #expect("\(try error(compressed.bytes))".contains("cannot be expanded"))
    var short = sound
    short.members[2].byteCount = 12
    #expect("\(try error(short.bytes))".contains("two different sizes"))
    var damaged = sound
    damaged.members[2].contents[3] = 1
    #expect("\(try error(damaged.bytes))".contains("the checksum of 'a/data/0' does not match"))
    damaged.members[2].checksum = 0
    #expect(try PyTorchFixture.read(damaged.bytes).tensors[0].tensor.tensor?.elements[0] != 0)
    var twice = sound
    twice.members.append(twice.members[2])
    #expect("\(try error(twice.bytes))".contains("contains 'a/data/0' twice"))
    var missing = sound
    missing.members.remove(at: 2)
    #expect("\(try error(missing.bytes))".contains("lacks the file 'a/data/0'"))
  }
}
