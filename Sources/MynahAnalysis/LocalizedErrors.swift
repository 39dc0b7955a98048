public import Foundation

// Foundation shows the description of an error, as `localizedDescription` and in alerts, only through this protocol.

extension AnalysisError: LocalizedError {
  public var errorDescription: String? { description }
}

extension SyntaxGymError: LocalizedError {
  public var errorDescription: String? { description }
}

extension SyntaxGymFormula.Defect: LocalizedError {
  public var errorDescription: String? { description }
}
