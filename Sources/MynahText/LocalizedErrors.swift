public import Foundation

// Foundation shows the description of an error, as `localizedDescription` and in alerts, only through this protocol.

extension TextError: LocalizedError {
  public var errorDescription: String? { description }
}
