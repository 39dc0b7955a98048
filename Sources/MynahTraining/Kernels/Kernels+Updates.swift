internal import CMynah
internal import MynahTensors

extension Kernels {
  /// Returns Σ g² over all gradients in double precision, on the current thread team.
  static func squaredNorm(of gradients: [Gradient]) -> Double {
    unsafe withParameters(gradients) { parameters in
      let blockCount = unsafe table.pointee.norm_workspace(parameters.baseAddress, parameters.count)
      return unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: blockCount) { sums in
        unsafe ThreadTeam.withCurrent { team in
          unsafe table.pointee.squared_norm(team, parameters.baseAddress, parameters.count, sums.baseAddress)
        }
      }
    }
  }

  /// Performs a gradient descent update: weights −= rate · gradient.
  static func descend(_ weights: inout [Tensor], _ gradients: [Gradient], rate: Float) {
    unsafe withUnsafeMutableBases(of: &weights) { weights in
      unsafe withParameters(gradients) { parameters in
        for index in parameters.indices { unsafe parameters[index].weights = weights[index] }
        unsafe ThreadTeam.withCurrent { team in
          unsafe table.pointee.descend(team, parameters.baseAddress, parameters.count, rate)
        }
      }
    }
  }

  /// Performs an Adam update on weights and their two moments.
  static func adam(
    _ weights: inout [Tensor], _ moments: inout [[Tensor]], _ gradients: [Gradient], _ step: Adam.Numbers
  ) {
    var settings = mynah_adam(
      scale: step.scale, rate: step.rate, beta1: step.beta1, beta2: step.beta2, root_scale: step.rootScale,
      epsilon: step.epsilon)
    var (first, second) = (moments[0], moments[1])
    moments = []  // so that the moments have one owner and are updated in place
    unsafe withUnsafeMutableBases(of: &weights) { weights in
      unsafe withUnsafeMutableBases(of: &first) { first in
        unsafe withUnsafeMutableBases(of: &second) { second in
          unsafe withParameters(gradients) { parameters in
            for index in parameters.indices {
              unsafe parameters[index].weights = weights[index]
              unsafe parameters[index].first_moments = first[index]
              unsafe parameters[index].second_moments = second[index]
            }
            unsafe ThreadTeam.withCurrent { team in
              unsafe table.pointee.adam(team, parameters.baseAddress, parameters.count, &settings)
            }
          }
        }
      }
    }
    moments = [first, second]
  }

  /// Calls `body` with the kernels' descriptors of the gradients, in which it may set the weights.
  private static func withParameters<Result>(
    _ gradients: [Gradient], _ body: (UnsafeMutableBufferPointer<mynah_parameter>) -> Result
  ) -> Result {
    let values = gradients.map { gradient in
      switch gradient {
      case .dense(let tensor): tensor
      case .rows(let rows): rows.values
      }
    }
    // A single buffer for the row indices of all gradients, so that one pointer is valid for all of them.
    var storedRows: [Int32] = []
    var starts: [Int?] = []
    for gradient in gradients {
      guard case .rows(let rows) = gradient else {
        starts.append(nil)
        continue
      }
      starts.append(storedRows.count)
      storedRows += rows.rows
    }
    return unsafe withUnsafeBases(of: values) { values in
      unsafe storedRows.withUnsafeBufferPointer { storedRows in
        unsafe withUnsafeTemporaryAllocation(of: mynah_parameter.self, capacity: gradients.count) { parameters in
          for (index, gradient) in gradients.enumerated() {
            var parameter = unsafe mynah_parameter()
            unsafe parameter.gradient = values[index]
            switch gradient {
            case .dense(let tensor): unsafe (parameter.rows, parameter.width) = (1, tensor.shape.elementCount)
            case .rows(let rows):
              unsafe (parameter.rows, parameter.width) = (rows.shape[0], rows.shape[1])
              unsafe parameter.stored_count = rows.rows.count
              unsafe parameter.stored_rows = starts[index].flatMap { start in
                unsafe storedRows.baseAddress.map { unsafe $0 + start }
              }
            }
            unsafe (parameters.baseAddress.unsafelyUnwrapped + index).initialize(to: parameter)
          }
          return unsafe body(parameters)
        }
      }
    }
  }
}
