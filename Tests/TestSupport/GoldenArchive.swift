public import Foundation

/// An archive with every kind of DEFLATE block, which `Scripts/golden-zip.py` writes.
public enum GoldenArchive {
  /// The file.
  public static let url = Bundle.module.url(forResource: "Fixtures/golden", withExtension: "zip")

  /// The bytes of the file.
  public static func bytes() throws -> [UInt8] {
    guard let url else { throw CocoaError(.fileNoSuchFile) }
    return [UInt8](try Data(contentsOf: url))
  }
}
