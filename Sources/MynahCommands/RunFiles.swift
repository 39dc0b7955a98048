import Foundation
import MynahModels
import MynahTraining

/// What stands where a run would leave its files.
enum RunFiles {
  /// Checks that the files of a run can be written and that nothing is lost by it, before hours are spent.
  ///
  /// - Throws: `CommandError`, or `CheckpointError.cannotWrite`.
  static func check(modelPath: String, resuming: Bool, overwriting: Bool) throws {
    let statePath = TrainingFiles.statePath(besides: modelPath)
    let exists = FileManager.default.fileExists(atPath:)
    if resuming {
      guard exists(statePath) else { throw CommandError.nothingToResume(path: statePath) }
    } else if !overwriting, let path = [modelPath, statePath].first(where: exists) {
      throw CommandError.outputExists(path: path)
    }
    for path in [modelPath, statePath] { try AtomicFile.check(path) }
  }
}
