#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
import MynahIO

/// The texts in a folder that is not a data set: the files in text formats, including those in subfolders.
package struct TextFolder: Sendable, Hashable {
  /// The extensions of text formats.
  package static let extensions = ["txt", "text", "md", "markdown", "rst", "tex", "org", "adoc"]

  /// The paths of the texts, in the order of their names.
  package let texts: [String]
  /// The number of other files, which are left out.
  package let otherCount: Int

  /// Finds the texts; hidden files and folders, and links to folders, are ignored.
  ///
  /// - Throws: `FileError` if a folder cannot be read, `TextError.noTexts` if there are no texts.
  package init(in directory: String) throws {
    var (texts, otherCount) = ([String](), 0)
    try Self.visit(directory, depth: 0) { path, isText in
      if isText { texts.append(path) } else { otherCount += 1 }
    }
    guard !texts.isEmpty else { throw TextError.noTexts(directory: directory, extensions: Self.extensions) }
    (self.texts, self.otherCount) = (texts, otherCount)
  }

  /// Returns a Boolean value indicating whether a file has the extension of a text format.
  static func isText(_ path: String) -> Bool { extensions.contains { path.lowercased().hasSuffix("." + $0) } }

  private static func isLink(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.type] as? FileAttributeType == .typeSymbolicLink
  }

  private static func visit(_ directory: String, depth: Int, _ body: (String, Bool) -> Void) throws {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw FileError.unreadable(path: directory, reason: "its files cannot be listed")
    }
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
      switch FileKind(at: path) {
      // Links to folders may form a cycle.
      case .directory: if depth < 32 && !isLink(path) { try visit(path, depth: depth + 1, body) }
      case .regular: body(path, isText(name))
      default: break
      }
    }
  }
}
