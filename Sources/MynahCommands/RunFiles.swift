import Foundation
import MynahIO
import MynahModels
import MynahTraining

/// What stands where a run would leave its files.
enum RunFiles {
  /// Checks that the files of a run can be written and that nothing is lost by it, before hours are spent.
  ///
  /// - Throws: `CommandError`, or `FileError.cannotWrite`.
  static func check(modelPath: String, resuming: Bool, overwriting: Bool) throws {
    let statePath = TrainingFiles.statePath(besides: modelPath)
    let exists = FileManager.default.fileExists(atPath:)
    for path in [modelPath, statePath] {
      try AtomicFile.check(path)
      // No flag replaces a text, the one to be learned least of all.
      if exists(path) && !isEmptyOrSafetensors(path) { throw CommandError.notOfARun(path: path) }
    }
    if resuming {
      let precision = exists(modelPath) ? (try? ModelFile(contentsOf: modelPath).precision) ?? .float32 : .float32
      guard precision == .float32 else { throw CommandError.roundedModel(path: modelPath, precision: precision) }
      guard exists(statePath) else { throw CommandError.nothingToResume(path: statePath) }
    } else if !overwriting, let path = [modelPath, statePath].first(where: exists) {
      throw CommandError.outputExists(path: path)
    }
  }

  /// Whether a file is empty or begins as a safetensors file does: eight bytes of the header's length, then a brace.
  private static func isEmptyOrSafetensors(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path), let start = try? file.read(upToCount: 9) else { return true }
    return start.isEmpty || start.count == 9 && start[8] == UInt8(ascii: "{") && start[4..<8].allSatisfy { $0 == 0 }
  }
}
