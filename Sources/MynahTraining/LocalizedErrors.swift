public import Foundation

// Foundation shows the description of an error, as `localizedDescription` and in alerts, only through this protocol.

extension TrainingError: LocalizedError {
  public var errorDescription: String? { description }
}

extension CommunicationError: LocalizedError {
  public var errorDescription: String? { description }
}
