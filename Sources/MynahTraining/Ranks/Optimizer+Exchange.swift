import MynahModels
import MynahTensors

extension Optimizer {
  /// Performs the update of a training step that several ranks compute together: clips the gradients of all ranks,
  /// updates this rank's rows, and exchanges the weights.
  ///
  /// - Parameters:
  ///   - exchange: The exchange, with this rank's gradients.
  ///   - share: The factor of the gradients' sum.
  ///   - figures: Numbers to send to all ranks.
  /// - Returns: The norm of the gradients before clipping, and the numbers that each rank sent. If the norm is not
  ///   finite, the module is unchanged.
  mutating func step(
    _ module: inout some Module, _ exchange: consuming GradientExchange, rate: Float, factors: [Float]?,
    clip: GradientClip, share: Float, figures: [Double]
  ) throws -> (norm: Double, figures: [[Double]]) {
    var gradients = try exchange.finish()
    var received: [[Double]]?
    let clipped = try clip.applied(to: &gradients, share: share) { gradients in
      let sums = try exchange.norm(of: gradients, with: received == nil ? figures : [])
      received = received ?? sums.figures
      return sums.norm
    }
    if let scale = clipped.scale {
      try module.withParameterValues { weights in
        try exchange.updateRows(
          of: &weights, gradients: gradients, skipsMissingRows: configuration.rule.skipsMissingRows
        ) { weights in
          StepProfile.measure(.update) {
            update(&weights, gradients: gradients, rate: rate, factors: factors, scale: scale)
          }
        }
      }
    }
    return (clipped.norm, received ?? [])
  }
}
