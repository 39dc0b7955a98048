import MynahIO
import MynahModels
import MynahTensors
import Testing

@Suite("Files written by old versions of PyTorch")
struct OldPyTorchFileTests {
  private typealias P = PickleBuilder

  @Test("A module written by PyTorch 0.3 under Python 2 is read")
  func module() throws {
    // Byte strings, ordered dictionaries from lists of pairs, tensors without hooks, parameters with a state.
    func key(_ text: String) -> [UInt8] { [0x55, UInt8(text.utf8.count)] + Array(text.utf8) }
    let tensor =
      P.global("torch._utils", "_rebuild_tensor")
      + P.tuple([P.storage("7", count: 4), P.integer(1), P.tuple([P.integer(3)]), P.tuple([P.integer(1)])]) + P.op("R")
    let state = P.tuple([[0x88], [0x89], P.global("collections", "OrderedDict") + P.op(")R")])
    let parameter = P.global("torch.nn.parameter", "Parameter") + tensor + [0x85] + P.op("R") + state + P.op("b")
    let pairs = P.op("](](") + key("weight_ih_l0") + parameter + P.op("ee")
    let parameters = P.global("collections", "OrderedDict") + pairs + [0x85] + P.op("R")
    let backend = P.global("torch.nn.backends.thnn", "_get_thnn_function_backend") + P.op(")R")
    let layer =
      P.global("torch.nn.modules.rnn", "RNN") + P.op(")") + [0x81] + P.op("}(") + key("_parameters") + parameters
      + key("_backend") + backend + key("mode") + key("RNN_TANH") + key("dropout") + P.op("I0\n") + P.op("ub")
    let file = try PyTorchFixture.read(
      PyTorchFixture.legacy(
        (P() + layer).ended, storages: [("7", 4, PyTorchFixture.floats([1, 2, 3, 4]))]))
    #expect(file.tensors.map(\.name) == ["weight_ih_l0"] && file.tensors[0].tensor.tensor == Tensor([2, 3, 4]))
    #expect(file.settings[""]?.nonlinearity == "tanh" && file.settings[""]?.dropout == 0)
  }

  @Test("A view of part of a storage is read, and a tensor beyond that part is refused")
  func parts() throws {
    func file(offset: Int) -> [UInt8] {
      let view = P.tuple([P.text("8"), P.integer(1), P.integer(2)])
      let storage =
        P.tuple([P.text("storage"), P.global("torch", "FloatStorage"), P.text("7"), P.text("cpu"), P.integer(4), view])
        + P.op("Q")
      let tensor =
        P.global("torch._utils", "_rebuild_tensor")
        + P.tuple([storage, P.integer(offset), P.tuple([P.integer(2)]), P.tuple([P.integer(1)])]) + P.op("R")
      return PyTorchFixture.legacy(
        (P() + P.dictionary([("w", tensor)])).ended, storages: [("7", 4, PyTorchFixture.floats([1, 2, 3, 4]))])
    }
    #expect(try PyTorchFixture.read(file(offset: 0)).tensors[0].tensor.tensor == Tensor([2, 3]))
    #expect(throws: PyTorchFileError.self) { try PyTorchFixture.read(file(offset: 1)) }
  }

  @Test("Storages in the legacy format that do not match their description are refused")
  func storages() throws {
    let pickle = (P() + P.dictionary([("w", P.tensor(sizes: [4], strides: [1]))])).ended
    let numbers = PyTorchFixture.floats([1, 2, 3, 4])
    func words(_ bytes: [UInt8]) throws -> String {
      "\(try #require(throws: (any Error).self) { try PyTorchFixture.read(bytes) })"
    }
    #expect(try PyTorchFixture.read(PyTorchFixture.legacy(pickle, storages: [("0", 4, numbers)])).tensors.count == 1)
    #expect(try words(PyTorchFixture.legacy(pickle)).contains("its key in the list of the storages"))
    #expect(try words(PyTorchFixture.legacy(pickle, storages: [("1", 4, numbers)])).contains("the key of a storage"))
    #expect(try words(PyTorchFixture.legacy(pickle, storages: [("0", 3, numbers)])).contains("expected 4 elements"))
    #expect(try words(PyTorchFixture.legacy(pickle, storages: [("0", -1, numbers)])).contains("found -1"))
    #expect(try words(PyTorchFixture.legacy(pickle, storages: [("0", 4, [1])])).contains("expected 16 bytes, found 1"))
    #expect(try words(PyTorchFixture.legacy(pickle, storages: [("0", 4, numbers + [0])])).contains("too long"))
    let twice = [("0", 4, numbers), ("0", 4, numbers)]
    #expect(try words(PyTorchFixture.legacy(pickle, storages: twice)).contains("each storage once"))
    #expect(
      throws: PyTorchFileError.bigEndian(path: "model.pt")
    ) { try PyTorchFixture.read(PyTorchFixture.legacy(pickle, storages: [("0", 4, numbers)], littleEndian: false)) }
  }
}
