internal import MynahTensors

// Windows are created once per sequence, so one product with W_ih covers all steps, as without windows.

extension Variable {
  /// Returns each input concatenated with the previous one: [T, B, I] → [T, B, 2I].
  ///
  /// - Parameter first: The inputs before the first step, [B, I].
  func windows(after first: Variable) -> Variable {
    .custom(parents: [self, first], outputs: [value.windows(after: first.value)]) { arrived in
      guard let windows = arrived[0]?.dense else { return [nil, nil] }
      return [.dense(windows.gradientOfInputs()), .dense(windows.gradientOfFirst())]
    }[0]
  }
}

extension Tensor {
  /// Returns the values of `Variable.windows(after:)`.
  fileprivate func windows(after first: Tensor) -> Tensor {
    let (batchSize, width) = (shape[1], shape[2])
    let result = TensorStorage(uninitialized: 2 * shape.elementCount)
    unsafe withUnsafeBases(of: [self, first]) { bases in
      for row in 0..<shape[0] * batchSize {
        let before = unsafe row < batchSize ? bases[1] + row * width : bases[0] + (row - batchSize) * width
        let window = unsafe result.base + 2 * row * width
        unsafe window.update(from: bases[0] + row * width, count: width)
        unsafe (window + width).update(from: before, count: width)
      }
    }
    return Tensor(shape: [shape[0], batchSize, 2 * width], storage: result)
  }

  /// Returns the gradient of the inputs, given that of the windows; each input is in two windows, its own and the next.
  fileprivate func gradientOfInputs() -> Tensor {
    let (batchSize, width) = (shape[1], shape[2] / 2)
    let rowCount = shape[0] * batchSize
    let result = TensorStorage(uninitialized: rowCount * width)
    unsafe withUnsafeBases(of: [self]) { bases in
      for row in 0..<rowCount {
        let (to, own) = unsafe (result.base + row * width, bases[0] + 2 * row * width)
        unsafe to.update(from: own, count: width)
        guard row + batchSize < rowCount else { continue }
        let later = unsafe own + (2 * batchSize + 1) * width
        for j in 0..<width { unsafe to[j] += later[j] }
      }
    }
    return Tensor(shape: [shape[0], batchSize, width], storage: result)
  }

  /// Returns the gradient of the inputs before the first step, given that of the windows.
  fileprivate func gradientOfFirst() -> Tensor {
    let width = shape[2] / 2
    return slice(0..<1).slice(width..<2 * width, axis: 2).reshaped([shape[1], width])
  }
}
