import Foundation

/// The error of the last failed system call on this thread.
///
/// Create it immediately after the call: the next call may overwrite `errno`.
package struct SystemFailure {
  package let code = errno

  package init() {}

  /// The system's description, such as "No space left on device".
  package var reason: String { unsafe String(cString: strerror(code)) }
}

/// The maximum number of bytes to read or write in one call; some systems reject more than 2³¹ − 1.
package let maximumTransfer = 1 << 30
