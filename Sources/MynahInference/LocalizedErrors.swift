public import Foundation

// Foundation shows the description of an error, as `localizedDescription` and in alerts, only through this protocol.

extension InferenceError: LocalizedError {
  public var errorDescription: String? { description }
}

extension NBestError: LocalizedError {
  public var errorDescription: String? { description }
}
