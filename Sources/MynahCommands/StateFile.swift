import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// What a model remembers of a text, in a file: the text goes on from there with the same bits.
struct StateFile: Codable {
  /// The sha256 of the model file that read the text.
  private let model: String
  private let precision: String
  private let memory: NeuralPredictor.Memory

  /// The memory of a predictor that a model file made.
  init(_ predictor: NeuralPredictor, modelPath: String) throws {
    (model, precision, memory) = (
      try Self.digest(modelPath), predictor.model.precision.rawValue, predictor.memory
    )
  }

  /// Reads a file; the predictor goes on with its text.
  ///
  /// - Throws: `FileError` if it cannot be read, `StateError` if it is no state or another model's.
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

  /// Writes the file whole or not at all.
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

/// A file of state cannot be used.
enum StateError: CommandFailure {
  case notAState(path: String)
  case ofAnotherModel(path: String, model: String)

  var failureCode: FailureCode { .badData }

  var sentence: String {
    switch self {
    case .notAState(let path):
      "expected a state that mynah score --save-state wrote, found something else in \(path.quoted()); write it again"
    case .ofAnotherModel(let path, let model):
      "the state in \(path.quoted()) was made by another model than \(model.quoted()), or with another --precision; read the text again with this one"
    }
  }
}

/// A flag that goes on with a text.
struct LoadStateOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Go on with the text whose state mynah score --save-state wrote.", valueName: "file"))
  var loadState: String?
}
