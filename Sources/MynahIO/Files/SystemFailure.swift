package import Foundation

/// The number and the words of the system call that failed last on this thread.
///
/// To be created straight after the call: the next one may overwrite the number.
package struct SystemFailure {
  package let code = errno

  package init() {}

  /// The system's own words, such as "No space left on device".
  package var reason: String { unsafe String(cString: strerror(code)) }
}

/// The most bytes that one read or write asks for: some systems refuse more than 2³¹ − 1.
package let greatestTransfer = 1 << 30

/// The kind of thing that a mode of `stat` describes, in words; nil for a regular file.
package func irregularKind(of mode: mode_t) -> String? {
  switch mode & S_IFMT {
  case S_IFREG: nil
  case S_IFDIR: "a directory"
  case S_IFIFO: "a pipe"
  case S_IFSOCK: "a socket"
  default: "a device"
  }
}
