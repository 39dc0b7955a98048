import Foundation

/// The published data sets that some tests read; they are not part of the package.
///
/// The environment variable `MYNAH_DATA` sets their folder, by default `../shared/data` beside the package. Without the
/// data sets, the tests are skipped; if the environment has `CI=true`, they run and fail instead.
public enum TestData {
  /// The folder of all data sets.
  public static let directory: String =
    environment["MYNAH_DATA"]
    ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/data").standardized.path(percentEncoded: false)

  /// The folder of a data set.
  public static func path(_ name: String) -> String { directory + "/" + name }

  /// Returns whether a test that reads a data set runs: if the data set exists, and always in continuous integration.
  ///
  /// Use it as `.enabled(if: TestData.isExpected("ptb"), "\(TestData.reason("ptb"))")`.
  public static func isExpected(_ name: String) -> Bool {
    environment["CI"] == "true" || FileManager.default.fileExists(atPath: path(name))
  }

  /// The reason why the tests of a data set are skipped.
  public static func reason(_ name: String) -> String {
    "the data set \(name) is not in \(directory); set MYNAH_DATA to the folder that holds it"
  }

  private static let environment = ProcessInfo.processInfo.environment
}
