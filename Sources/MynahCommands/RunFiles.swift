import Foundation
import MynahIO
import MynahModels
import MynahTraining

/// The files of a training run.
enum RunFiles {
  /// Returns the path of the model of one run of several: `m-seed-1.safetensors` for the run `seed-1` of
  /// `m.safetensors`.
  static func path(of run: String, beside path: String) -> String {
    let url = URL(filePath: path)
    let name = url.deletingPathExtension().lastPathComponent
    let end = url.pathExtension.isEmpty ? "" : "." + url.pathExtension
    return String(path.dropLast(url.lastPathComponent.count)) + "\(name)-\(run)\(end)"
  }

  /// Checks, before a long run starts, that the files can be written without replacing other files.
  ///
  /// - Throws: `CommandError`, or `FileError.cannotWrite`.
  static func check(modelPath: String, resuming: Bool, overwriting: Bool) throws {
    let statePath = TrainingFiles.statePath(beside: modelPath)
    for path in [modelPath, statePath] {
      try NewFile.check(
        path, overwriting: overwriting || resuming, of: "a model or a training state", where: isEmptyOrSafetensors,
        canResume: true)
    }
    guard resuming else { return }
    if let precision = try? ModelFile(contentsOf: modelPath).precision, precision != .float32 {
      throw CommandError.roundedModel(path: modelPath, precision: precision)
    }
    guard FileKind(at: statePath) != nil else { throw CommandError.nothingToResume(path: statePath) }
  }

  /// Returns a Boolean value indicating whether a file is empty or starts like a safetensors file: eight bytes of the
  /// header's length, then a brace.
  private static func isEmptyOrSafetensors(_ path: String) -> Bool {
    guard let file = try? InputFile(path: path), let start = try? file.bytes(0..<min(9, file.byteCount)) else {
      return true
    }
    return start.isEmpty || start.count == 9 && start[8] == UInt8(ascii: "{") && start[4..<8].allSatisfy { $0 == 0 }
  }
}
