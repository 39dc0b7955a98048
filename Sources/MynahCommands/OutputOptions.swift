import ArgumentParser
import Foundation
import MynahIO

/// The flags of a run's output files.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The model file. (default: the input's name with .safetensors, in the current folder)", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var output: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Write the training state to OUTPUT.training each time this many steps of an epoch are done. "
        + "(default: \(defaultCheckpointInterval))",
      valueName: "steps"),
    transform: Bounded.integer(1...1_000_000_000))
  var checkpointEvery: Int?

  private static let defaultCheckpointInterval = 500
  /// The number of steps between checkpoints.
  var checkpointInterval: Int { checkpointEvery ?? Self.defaultCheckpointInterval }

  @Flag(
    help:
      "Resume from the training state; other flags may be left out, and must have the same values if they are given.")
  var resume = false

  @Flag(help: "Replace an existing model and training state.")
  var overwrite = false

  func validate() throws {
    if resume && overwrite {
      throw ValidationError("--resume and --overwrite cannot be combined; leave one of them out")
    }
  }

  /// Returns the model's path.
  ///
  /// - Throws: `ValidationError` if there is no name to derive it from.
  func modelPath(input: String) throws -> String {
    if let output { return output }
    guard input != "-" else {
      throw ValidationError("a text from standard input has no name; name the model with --output")
    }
    let url = URL(filePath: input).standardizedFileURL
    let name = FileKind(at: input) == .directory ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent
    return name + ".safetensors"
  }

  /// Checks that the files of a run can be written without replacing other files.
  ///
  /// - Throws: `CommandError`, or `FileError.cannotWrite`.
  func check(modelPath: String) throws {
    try RunFiles.check(modelPath: modelPath, resuming: resume, overwriting: overwrite)
  }
}
