public import Foundation

// Foundation shows the description of an error, as `localizedDescription` and in alerts, only through this protocol.

extension CheckpointError: LocalizedError {
  public var errorDescription: String? { description }
}

extension ModelError: LocalizedError {
  public var errorDescription: String? { description }
}

extension PyTorchFileError: LocalizedError {
  public var errorDescription: String? { description }
}

extension WordVectorsError: LocalizedError {
  public var errorDescription: String? { description }
}
