import Foundation

/// The error of the system call that failed last on this thread.
///
/// Create it directly after the call: the next one may overwrite the number.
package struct SystemFailure {
  package let code = errno

  package init() {}

  /// The system's description, such as "No space left on device".
  package var reason: String { unsafe String(cString: strerror(code)) }
}

/// The most bytes to read or write in one call; some systems refuse more than 2³¹ − 1.
package let greatestTransfer = 1 << 30
