import Foundation

/// The kind of an existing file.
package enum FileKind: Hashable, Sendable {
  case regular, directory, pipe, socket, device

  /// Determines the kind of the file at a path, following symbolic links; nil if it does not exist.
  package init?(at path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(mode: status.st_mode)
  }

  init(mode: mode_t) {
    self =
      switch mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .device
      }
  }

  /// A description of the kind.
  var name: String {
    switch self {
    case .regular: "a file"
    case .directory: "a folder"
    case .pipe: "a pipe"
    case .socket: "a socket"
    case .device: "a device"
    }
  }
}
