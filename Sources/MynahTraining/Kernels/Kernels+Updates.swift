internal import CMynah
internal import MynahTensors

extension Kernels {
  /// Returns the number of rows of a parameter in a block, the unit of `squaredSums(of:)`.
  static func rowsOfBlock(width: Int) -> Int { max(1, Int(mynah_update_block) / max(width, 1)) }

  /// Returns Σ g² of each block of rows of each gradient in double precision, on the current thread team.
  ///
  /// A block has `rowsOfBlock(width:)` rows of the parameter; rows that a sparse gradient lacks count as zeros. So the
  /// sum of a block does not depend on the other blocks.
  static func squaredSums(of gradients: [Gradient]) -> [Double] {
    unsafe withParameters(gradients) { parameters in
      let blockCount = unsafe table.pointee.norm_workspace(parameters.baseAddress, parameters.count)
      return unsafe [Double](unsafeUninitializedCapacity: blockCount) { sums, count in
        unsafe ThreadTeam.withCurrent { team in
          _ = unsafe table.pointee.squared_norm(team, parameters.baseAddress, parameters.count, sums.baseAddress)
        }
        count = blockCount
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

  /// Performs an Adam update on weights and their moments: the first, unless β₁ is 0, and the second.
  static func adam(
    _ weights: inout [Tensor], _ moments: inout [[Tensor]], _ gradients: [Gradient], _ step: Adam.Numbers
  ) {
    var settings = mynah_adam(
      keep: step.keep, scale: step.scale, rate: step.rate, beta1: step.beta1, beta2: step.beta2,
      root_scale: step.rootScale, epsilon: step.epsilon)
    let hasFirst = moments.count == 2
    var (first, second) = (hasFirst ? moments[0] : [], moments[moments.count - 1])
    moments = []  // so that the moments have one owner and are updated in place
    unsafe withUnsafeMutableBases(of: &weights) { weights in
      unsafe withUnsafeMutableBases(of: &first) { first in
        unsafe withUnsafeMutableBases(of: &second) { second in
          unsafe withParameters(gradients) { parameters in
            for index in parameters.indices {
              unsafe parameters[index].weights = weights[index]
              unsafe parameters[index].first_moments = hasFirst ? first[index] : nil
              unsafe parameters[index].second_moments = second[index]
            }
            unsafe ThreadTeam.withCurrent { team in
              unsafe table.pointee.adam(team, parameters.baseAddress, parameters.count, &settings)
            }
          }
        }
      }
    }
    moments = hasFirst ? [first, second] : [second]
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
            case .dense(let tensor): unsafe (parameter.rows, parameter.width) = tensor.shape.asRows
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

extension Shape {
  /// The shape as a matrix: a matrix's own shape, otherwise one column of all elements.
  var asRows: (rows: Int, width: Int) { rank == 2 ? (self[0], self[1]) : (elementCount, 1) }
}
