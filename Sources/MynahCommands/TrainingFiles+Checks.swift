import Foundation
import MynahModels
import MynahTraining

extension TrainingFiles {
  /// Checks that a new run would overwrite nothing and that its files can be written, before hours are spent.
  ///
  /// - Throws: `CommandError.outputExists` or `CheckpointError`.
  func expectNone() throws {
    for path in [modelPath, statePath] where FileManager.default.fileExists(atPath: path) {
      throw CommandError.outputExists(path: path)
    }
    try AtomicFile.check(modelPath)
  }
}
