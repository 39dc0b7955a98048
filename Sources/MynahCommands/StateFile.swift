import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// A file with a model's state after a text; continuing the text from it gives bit-identical results.
struct StateFile: Codable {
  /// The sha256 of the model file that read the text.
  private let model: String
  private let precision: String
  private let memory: NeuralPredictor.Memory

  /// Creates the state of a predictor that uses a model file.
  init(_ predictor: NeuralPredictor, modelPath: String) throws {
    (model, precision, memory) = (
      try Self.digest(modelPath), predictor.model.precision.rawValue, predictor.memory
    )
  }

  /// Reads a file and returns a predictor that continues the text.
  ///
  /// - Throws: `FileError` if it cannot be read, `StateError` if it is not a state of this model.
  static func predictor(at path: String, model: InferenceModel, modelPath: String) throws -> NeuralPredictor {
    let text = try TextFile(at: path).text
    guard let state = try? JSONDecoder().decode(StateFile.self, from: Data(text.utf8)) else {
      throw StateError.notAState(path: path)
    }
    guard try state.model == digest(modelPath), state.precision == model.precision.rawValue else {
      throw StateError.ofAnotherModel(path: path, model: modelPath)
    }
    guard state.memory.fits(model) else { throw StateError.notAState(path: path) }
    return NeuralPredictor(model, memory: state.memory)
  }

  /// Writes the file atomically.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try AtomicFile.write([UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
  }

  private static func digest(_ path: String) throws -> String {
    guard let digest = SHA256.hexadecimal(ofFileAt: path) else { throw FileError.noSuchFile(path: path) }
    return digest
  }
}

/// An error of a state file.
enum StateError: CommandFailure {
  case notAState(path: String)
  case ofAnotherModel(path: String, model: String)

  var failureCode: FailureCode { .badData }

  var sentence: String {
    switch self {
    case .notAState(let path):
      "expected a state from mynah score --save-state, found something else in \(path.quoted()); write it again"
    case .ofAnotherModel(let path, let model):
      "the state in \(path.quoted()) was saved with a different model than \(model.quoted()), or another --precision; "
        + "save it again with this model"
    }
  }
}

/// The flag that continues a text.
struct LoadStateOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Continue the text whose state mynah score --save-state wrote.", valueName: "file"))
  var loadState: String?
}
