import MynahIO
package import MynahTensors

/// The inputs of a batch of sequences as rows of a matrix that steps share, such as the embeddings of tokens that occur
/// more than once.
///
/// Products with a layer's input weights are computed once for each row; backward, gradients are summed for each row
/// before they are multiplied.
package struct SharedInputs: Sendable {
  /// The distinct inputs, [X, F].
  package let distinct: Variable
  /// Their rows, time-major: the input of step t of sequence b is row `indices[t·B + b]`.
  let indices: [Int32]

  /// The inputs of all steps, [T·B, F].
  var rows: Variable { distinct.gathered(indices) }
}

/// The distinct ids among some, in the order of their first places, and the place of each id among them.
private struct DistinctIDs {
  private(set) var ids: [Int32] = []
  private(set) var indices: [Int32] = []

  /// Returns nil if there are more than `limit` distinct ids.
  init?(of all: [Int32], limit: Int) {
    var places: [Int32: Int32] = [:]
    indices.reserveCapacity(all.count)
    for id in all {
      let place = places[id] ?? Int32(ids.count)
      if Int(place) == ids.count {
        guard ids.count < limit else { return nil }
        places[id] = place
        ids.append(id)
      }
      indices.append(place)
    }
  }
}

extension SequenceBatch {
  /// Creates a batch of embeddings; steps share them if all steps are real and at most three quarters of the ids are
  /// distinct.
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major.
  ///   - batchSize: B, which is positive.
  ///   - shares: `false` if the embeddings of equal tokens will be changed differently.
  ///   - embeddings: Returns the embeddings of tokens, [count, F], which are equal for equal tokens.
  init(
    ids: [Int32], batchSize: Int, lengths: [Int]?, shares: Bool, embeddings: ([Int32]) -> Variable
  ) {
    let stepCount = ids.count / batchSize
    // Padded batches are masked, and computed in passes of some steps. The limit on distinct ids was measured on the
    // Penn Treebank (Zen 4, tokens/s with a half and with three quarters): 4,075 and 4,409 with two layers of 650 units
    // and as many inputs, 20,437 and 20,722 with the sizes of the preset ptb.
    if shares, lengths == nil, let distinct = DistinctIDs(of: ids, limit: ids.count * 3 / 4) {
      let shared = SharedInputs(distinct: embeddings(distinct.ids), indices: distinct.indices)
      self.init(shared, stepCount: stepCount, batchSize: batchSize, lengths: lengths)
    } else {
      let values = embeddings(ids)
      self.init(values.reshaped([stepCount, batchSize, values.shape[1]]), lengths: lengths)
    }
  }
}
