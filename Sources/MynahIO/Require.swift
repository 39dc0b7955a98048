import Foundation

/// Ends the process with a message if a condition is false: the caller has made a programming error.
///
/// `precondition` prints its message only in debug builds.
///
/// - Parameters:
///   - condition: The condition, evaluated in all builds.
///   - message: The message, which contains the values that do not fit.
@inlinable
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { requirementFailure(message(), file: file, line: line) }
}

/// Ends the process with a message.
@usableFromInline
@inline(never)
package func requirementFailure(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  #if !DEBUG
  FileHandle.standardError.write(Data("\(file):\(line): Fatal error: \(message)\n".utf8))
  #endif
  preconditionFailure(message, file: file, line: line)
}
