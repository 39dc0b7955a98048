import MynahAnalysis
import MynahClassification
import MynahIO
import MynahInference
import MynahModels
import MynahONNX
import MynahTensors
import MynahText
import MynahTraining

/// The exit codes, as in sysexits.h.
package enum FailureCode: Int32, Sendable {
  /// The command line cannot be understood.
  case usage = 64
  /// The input is wrong.
  case badData = 65
  /// There is no such input.
  case noSuchInput = 66
  /// A download failed.
  case unavailable = 69
  /// An internal error.
  case defect = 70
  /// The output cannot be created.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
  /// The user interrupted.
  case interrupted = 130
  /// The reader of standard output has exited; the shell's code for a process that SIGPIPE ended.
  case closedPipe = 141
}

/// An error with an exit code and a sentence: what was expected, what was found, what to do.
protocol CommandFailure: Error {
  var failureCode: FailureCode { get }
  var sentence: String { get }
}

extension CommandFailure where Self: CustomStringConvertible {
  var sentence: String { description }
}

extension FileError: CommandFailure {
  var failureCode: FailureCode {
    switch kind {
    case .noSuchInput: .noSuchInput
    case .badData: .badData
    case .cannotCreate: .cannotCreate
    case .inputOutput: .inputOutput
    }
  }
}

extension TextError: CommandFailure {
  var failureCode: FailureCode { .badData }
}

extension CheckpointError: CommandFailure {
  var failureCode: FailureCode { .badData }

  var sentence: String {
    switch self {
    case .unexpectedKind(_, "classifier", _?): description + " (mynah classify train)"
    case .unexpectedKind(_, _, "classifier"?): description + " (mynah classify predict)"
    default: description
    }
  }
}

extension PyTorchFileError: CommandFailure {
  var failureCode: FailureCode { .badData }
}

extension WordVectorsError: CommandFailure {
  var failureCode: FailureCode { .badData }
}

extension TrainingError: CommandFailure {
  var failureCode: FailureCode {
    switch self {
    case .interrupted: .interrupted
    case .diverged, .otherRun, .scheduleSpansRun, .impossible, .malformedCheckpoint: .badData
    }
  }
}

extension InferenceError: CommandFailure {
  var failureCode: FailureCode { .badData }
}

extension AnalysisError: CommandFailure {
  var failureCode: FailureCode { .badData }

  var sentence: String {
    if case .noSuchUnit = self { description + " (mynah inspect lists them)" } else { description }
  }
}

extension ONNXError: CommandFailure {
  var failureCode: FailureCode { .badData }
}

extension ClassificationError: CommandFailure {
  var failureCode: FailureCode {
    switch self {
    case .interrupted: .interrupted
    default: .badData
    }
  }
}

/// An error of the command line tool.
enum CommandError: CommandFailure, Hashable {
  /// The output exists, and replacing it was not requested.
  case exists(path: String, canResume: Bool)
  /// The output exists and is of a kind that is never replaced.
  case otherKind(path: String, expected: String)
  /// A model with rounded weights cannot be trained further.
  case roundedModel(path: String, precision: WeightPrecision)
  /// A file contains no tokenizer that can be used.
  case badTokenizer(path: String, defect: TextError)
  /// The kind of tokenizer, possibly chosen for the text, needs a larger vocabulary.
  case smallVocabulary(tokenizer: String, needed: Int, found: Int)
  /// A model's tokenizer cannot be written as a tokenizer.json.
  case noTokenizerJSON(path: String, kind: String)
  /// There is nothing to resume.
  case nothingToResume(path: String)
  /// A flag differs from the setting of the run that is resumed; `own` is nil if the run has none.
  case otherSetting(flag: String, given: String, own: String?)
  /// Keys cannot be read one by one from standard input.
  case noTerminal
  /// The user stopped a run whose state is written.
  case interrupted(epoch: Int, step: Int)
  /// The user stopped a command that has not written anything.
  case stopped

  var failureCode: FailureCode {
    switch self {
    case .exists, .otherKind: .cannotCreate
    case .roundedModel, .badTokenizer, .smallVocabulary, .noTokenizerJSON, .otherSetting: .badData
    case .nothingToResume: .noSuchInput
    case .noTerminal: .inputOutput
    case .interrupted, .stopped: .interrupted
    }
  }

  var sentence: String {
    switch self {
    case .exists(let path, let canResume):
      "\(path.quoted()) already exists; \(canResume ? "continue that run with --resume, " : "")replace it with "
        + "--overwrite, or name another file"
    case .otherKind(let path, let expected):
      "\(path.quoted()) exists and is not \(expected), so it is not replaced; name another file"
    case .roundedModel(let path, let precision):
      "\(path.quoted()) contains weights rounded to \(precision.rawValue), which cannot be trained further; train the "
        + "model that it was made from, or name another --output"
    case .badTokenizer(let path, let defect):
      "\(path.quoted()) contains no usable tokenizer: \(defect)"
    case .smallVocabulary(let tokenizer, let needed, let found):
      "--tokenizer \(tokenizer) needs a --vocabulary of at least \(needed), found \(found)"
    case .noTokenizerJSON(let path, let kind):
      "expected a model of words or byte pairs, found tokens of the kind '\(kind)' in \(path.quoted()), which "
        + "a tokenizer.json cannot represent; print them with --vocabulary"
    case .nothingToResume(let path):
      "there is no training state at \(path.quoted()) to resume; leave --resume out to start a new run"
    case .otherSetting(let flag, let given, let own):
      "\(flag) is \(given) and was \(own ?? "none") in the run that is resumed; leave \(flag) out, or start a new run "
        + "with another --output"
    case .noTerminal:
      "standard input is not a terminal that keys can be read from; give --context and --prefix instead"
    case .interrupted(let epoch, let step):
      "interrupted at epoch \(epoch), step \(step); continue with --resume"
    case .stopped:
      "interrupted; nothing was written"
    }
  }
}
