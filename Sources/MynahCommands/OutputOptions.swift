import ArgumentParser
import Foundation
import MynahIO

/// Where a run leaves its model and its training state.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The model file. (default: the input's name with .safetensors, in the current folder)", valueName: "file"),
    transform: Bounded.path)
  var output: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Write the training state, beside the model as OUTPUT.training, after so many steps of an epoch.",
      valueName: "steps"),
    transform: Bounded.integer(1...1_000_000_000))
  var checkpointEvery = 500

  @Flag(
    help:
      "Resume from the training state; flags that are not given are as they were, and others must have the same value.")
  var resume = false

  @Flag(help: "Replace a model and a training state that stand there.")
  var overwrite = false

  func validate() throws {
    if resume && overwrite { throw ValidationError("--resume and --overwrite contradict each other; give one of them") }
  }

  /// The model's path.
  func modelPath(input: String) -> String {
    if let output { return output }
    let url = URL(filePath: input).standardizedFileURL
    let name = FileKind(at: input) == .directory ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent
    return name + ".safetensors"
  }

  /// Checks that the files of a run can be written and that nothing is lost by it.
  ///
  /// - Throws: `CommandError`, or `FileError.cannotWrite`.
  func check(modelPath: String) throws {
    try RunFiles.check(modelPath: modelPath, resuming: resume, overwriting: overwrite)
  }
}
