public import MynahTensors

extension SequenceLayer {
  /// The outputs of sequences of different lengths, padded to one length T, and each one's state after its own last step.
  ///
  /// Past a sequence's end the output is exactly zero and the state is carried through unchanged. The real steps have the same
  /// bits as without padding; what stands in the padding does not count, be it infinite or NaN. (Where products of few rows are
  /// made in another way than those of many, "the same bits" is meant of batches of one size.)
  ///
  /// - Parameters:
  ///   - x: The inputs, time-major: [T, B, I].
  ///   - state: The state before the first step.
  ///   - lengths: The steps of each row that are real: B numbers of 0 ... T.
  /// - Complexity: that of the whole rectangle, padding included.
  public func callAsFunction(
    _ x: Variable, state: State, lengths: [Int]
  ) -> (output: Variable, state: State) {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    precondition(
      lengths.count == batchSize && lengths.allSatisfy { (0...stepCount).contains($0) },
      "inputs of shape \(x.shape) need \(batchSize) lengths of 0 ... \(stepCount), found \(lengths)")
    return outputs(x, state: state, lengths: lengths)
  }

  /// Runs the layer from end to end of the sequences: between two ends the same rows are real.
  public func outputs(_ x: Variable, state: State, lengths: [Int]) -> (output: Variable, state: State) {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    let x = x.masked(by: .stepMask(lengths: lengths, stepCount: stepCount))
    var (state, start) = (state, 0)
    var outputs: [Variable] = []
    for end in Set(lengths).sorted() where end > start {
      let mask = Tensor(shape: [batchSize, 1], lengths.map { $0 >= end ? 1 : 0 })
      let result: (output: Variable, state: State) = self(x.slice(start..<end), state: state)
      outputs.append(result.output.masked(by: mask))
      state = result.state.masked(by: mask, otherwise: state)
      start = end
    }
    if start < stepCount || outputs.isEmpty {
      outputs.append(Variable(Tensor.zeros([stepCount - start, batchSize, outputSize])))
    }
    return (outputs.count == 1 ? outputs[0] : .concatenating(outputs), state)
  }
}
