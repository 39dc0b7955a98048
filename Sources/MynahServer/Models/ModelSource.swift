#if Server
import Foundation

/// A model to serve: its name and its file.
package struct ModelSource: Hashable, Sendable {
  /// The name that requests use.
  package let name: String
  /// The path of a model file or a classifier file.
  package let path: String

  /// Creates a source with a given name.
  package init(name: String, path: String) { (self.name, self.path) = (name, path) }

  /// Creates a source from `NAME=FILE` or `FILE`, whose name without its extension is the model's.
  package init(_ text: String) {
    if !FileManager.default.fileExists(atPath: text), let sign = text.firstIndex(of: "="), sign > text.startIndex {
      self.init(name: String(text[..<sign]), path: String(text[text.index(after: sign)...]))
    } else {
      let file = text.split(separator: "/").last.map(String.init) ?? text
      let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
      self.init(name: stem.isEmpty ? file : stem, path: text)
    }
  }
}
#endif
