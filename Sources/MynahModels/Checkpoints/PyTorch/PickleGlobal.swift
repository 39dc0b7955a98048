/// A global name in a pickle: a class or a function of a Python module.
struct PickleGlobal: Hashable {
  let module, name: String

  /// The last part of the module's name: "model" of "code.model".
  var moduleName: Substring {
    module[(module.lastIndex(of: ".").map { module.index(after: $0) } ?? module.startIndex)...]
  }
}

extension PickleGlobal: CustomStringConvertible {
  var description: String { "\(module).\(name)" }
}

/// The meaning that this reader gives to a global.
///
/// No code of the global runs: the reader recognises a call by the global's name and creates plain values.
enum PickleMeaning: Hashable {
  // Python functions that create plain values.
  case orderedDictionary, defaultDictionary, counter, set, bytearray, encode
  /// A type of Python, which is only referred to.
  case type
  /// A method of an object, which is only referred to.
  case attribute

  // PyTorch's functions and types.
  case rebuildTensor, rebuildTensorV2, rebuildTensorV3, rebuildParameter, rebuildParameterWithState, rebuildFromType
  case tensorType, size, device
  case storageType(ElementType), elementType(ElementType)

  /// A class or a function whose objects and results are kept as records.
  case record(RecordKind)

  /// The kinds of records.
  enum RecordKind: Hashable {
    /// A module: `_parameters`, `_buffers` and `_modules` are read.
    case module
    /// A recurrent layer of PyTorch, a module with settings.
    case recurrentLayer
    /// A parameter as PyTorch 0.3 writes it: its argument is the tensor.
    case parameter
    /// The words of a corpus.
    case dictionary
    /// A corpus, whose `dictionary` is read.
    case corpus
    /// An object that is irrelevant to the weights, such as an optimizer.
    case other
  }
}

extension PickleMeaning {
  /// Creates the meaning of a global; nil if the global is unknown, so that a pickle that refers to it is rejected.
  init?(_ global: PickleGlobal) {
    if let known = Self.known[global] {
      self = known
    } else if let kind = Self.classes[global.name], kind.modules.contains(String(global.moduleName)) {
      self = .record(kind.kind)
    } else {
      return nil
    }
  }

  private static let known: [PickleGlobal: PickleMeaning] = {
    var known: [PickleGlobal: PickleMeaning] = [:]
    func add(_ meaning: PickleMeaning, _ module: String, _ names: String) {
      for name in names.split(separator: " ") { known[PickleGlobal(module: module, name: String(name))] = meaning }
    }
    // Python 2 and protocols below 3 name the built-in module `__builtin__`.
    for module in ["builtins", "__builtin__"] {
      add(.set, module, "set frozenset")
      add(.bytearray, module, "bytearray")
      add(.attribute, module, "getattr")
      add(.type, module, "dict list tuple int float str bool object")
    }
    add(.orderedDictionary, "collections", "OrderedDict")
    add(.defaultDictionary, "collections", "defaultdict")
    add(.counter, "collections", "Counter")
    add(.encode, "_codecs", "encode")
    add(.rebuildTensor, "torch._utils", "_rebuild_tensor")
    add(.rebuildTensorV2, "torch._utils", "_rebuild_tensor_v2")
    add(.rebuildTensorV3, "torch._utils", "_rebuild_tensor_v3")
    add(.rebuildParameter, "torch._utils", "_rebuild_parameter")
    add(.rebuildParameterWithState, "torch._utils", "_rebuild_parameter_with_state")
    add(.rebuildFromType, "torch._tensor", "_rebuild_from_type_v2")
    add(.tensorType, "torch", "Tensor")
    add(.size, "torch", "Size")
    add(.device, "torch", "device")
    for (type, storage, names) in elementTypes {
      if let storage { add(.storageType(type), "torch", storage) }
      add(.elementType(type), "torch", names)
    }
    for module in ["torch", "torch.storage"] { add(.storageType(.uint8), module, "UntypedStorage _UntypedStorage") }
    for (module, names) in modules { add(.record(.module), "torch.nn." + module, names) }
    add(.record(.recurrentLayer), "torch.nn.modules.rnn", "LSTM GRU RNN RNNBase")
    add(.record(.parameter), "torch.nn.parameter", "Parameter")
    add(.record(.parameter), "torch.autograd.variable", "Variable")
    for (module, names) in others { add(.record(.other), module, names) }
    return known
  }()

  /// PyTorch's names of the element types: of the storage class, if the type has its own, and of the dtype.
  private static let elementTypes: [(ElementType, storage: String?, names: String)] = [
    (.float32, "FloatStorage", "float32"), (.float64, "DoubleStorage", "float64"), (.float16, "HalfStorage", "float16"),
    (.bfloat16, "BFloat16Storage", "bfloat16"), (.int64, "LongStorage", "int64"), (.int32, "IntStorage", "int32"),
    (.int16, "ShortStorage", "int16"), (.int8, "CharStorage", "int8"), (.uint8, "ByteStorage", "uint8"),
    (.bool, "BoolStorage", "bool"), (.uint16, nil, "uint16"), (.uint32, nil, "uint32"), (.uint64, nil, "uint64"),
    (.float8E4M3, nil, "float8_e4m3fn"), (.float8E5M2, nil, "float8_e5m2"),
    (.float8E4M3FNUZ, nil, "float8_e4m3fnuz"), (.float8E5M2FNUZ, nil, "float8_e5m2fnuz"),
  ]

  /// Classes of modules in `torch.nn`.
  private static let modules = [
    ("modules.activation", "Sigmoid Tanh ReLU ReLU6 LeakyReLU ELU SELU GELU SiLU Softplus Softmax LogSoftmax"),
    ("modules.adaptive", "AdaptiveLogSoftmaxWithLoss"),
    ("modules.batchnorm", "BatchNorm1d"),
    ("modules.container", "Sequential ModuleList ModuleDict ParameterList ParameterDict"),
    ("modules.dropout", "Dropout Dropout1d Dropout2d AlphaDropout"),
    ("modules.linear", "Linear Identity Bilinear"),
    ("modules.loss", "CrossEntropyLoss NLLLoss MSELoss BCELoss BCEWithLogitsLoss KLDivLoss"),
    ("modules.module", "Module"),
    ("modules.normalization", "LayerNorm GroupNorm RMSNorm"),
    ("modules.rnn", "LSTMCell GRUCell RNNCell"),
    ("modules.sparse", "Embedding EmbeddingBag"),
    ("parallel.data_parallel", "DataParallel"),
  ]

  /// Classes and functions that are irrelevant to the weights.
  private static let others = [
    ("torch.optim.sgd", "SGD"), ("torch.optim.asgd", "ASGD"), ("torch.optim.adam", "Adam"),
    ("torch.optim.adamw", "AdamW"), ("torch.optim.adamax", "Adamax"), ("torch.optim.adagrad", "Adagrad"),
    ("torch.optim.adadelta", "Adadelta"), ("torch.optim.rmsprop", "RMSprop"),
    ("torch.optim.optimizer", "_RequiredParameter"),
    // Modules of PyTorch before 1.4 refer to their implementation by this function.
    ("torch.nn.backends.thnn", "_get_thnn_function_backend"),
    ("argparse", "Namespace"), ("numpy", "dtype"), ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
  ]

  /// Classes of published programs, by name, with the possible last parts of their module's name.
  private static let classes: [String: (kind: RecordKind, modules: [String])] = [
    // word_language_model of PyTorch's examples, programs derived from it, and AWD-LSTM.
    "RNNModel": (.module, ["model", "__main__"]),
    "WeightDrop": (.module, ["weight_drop", "__main__"]),
    "LockedDropout": (.module, ["locked_dropout", "__main__"]),
    "SplitCrossEntropyLoss": (.module, ["splitcross"]),
    "Corpus": (.corpus, ["data", "dictionary_corpus", "__main__"]),
    "Dictionary": (.dictionary, ["data", "dictionary_corpus", "__main__"]),
  ]
}
