import Foundation

// One step of one row of each recurrent cell, as in the papers.

extension Textbook {
  /// A step from a row's input and the parts of its state to its output and the next parts.
  public typealias Step = @Sendable (_ x: [Double], _ state: [[Double]]) -> (output: [Double], state: [[Double]])

  /// The results of a scan: every output [T, B, …], and the parts of the state after each row's last step [B, …].
  public struct Scan: Sendable {
    public var output: [Double], state: [[Double]]
    /// The output followed by all parts of the state.
    public var all: [Double] { output + state.flatMap(\.self) }
  }

  /// A cell over sequences [T, B, I] of given lengths; past a sequence's end, outputs are zero and the state stays.
  ///
  /// - Parameter state: The parts of the state, [B, …] each.
  public static func scan(
    _ x: [Double], state: [[Double]], stepCount: Int, lengths: [Int], outputSize: Int, _ step: Step
  ) -> Scan {
    let batchSize = lengths.count
    let inputSize = x.count / max(stepCount * batchSize, 1)
    var result = Scan(output: [], state: state)
    for time in 0..<stepCount {
      for (row, length) in lengths.enumerated() {
        guard time < length else {
          result.output += [Double](repeating: 0, count: outputSize)
          continue
        }
        let first = (time * batchSize + row) * inputSize
        let parts = result.state.map { part in
          let width = part.count / batchSize
          return Array(part[row * width..<(row + 1) * width])
        }
        let next = step(Array(x[first..<first + inputSize]), parts)
        result.output += next.output
        for (index, part) in next.state.enumerated() {
          result.state[index].replaceSubrange(row * part.count..<(row + 1) * part.count, with: part)
        }
      }
    }
    return result
  }

  /// Rows of W times v: block `gate` of `size` rows.
  private static func product(_ weight: [Double], _ v: [Double], gate: Int, size: Int) -> [Double] {
    (gate * size..<(gate + 1) * size).map { row in
      v.indices.reduce(0) { $0 + weight[row * v.count + $1] * v[$1] }
    }
  }

  private static func sum(_ terms: [Double]...) -> [Double] {
    terms.dropFirst().reduce(terms[0]) { zip($0, $1).map { $0 + $1 } }
  }

  private static func times(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 * $1 } }

  /// W_ih x + b of one gate.
  private static func input(_ weights: [[Double]], _ x: [Double], gate: Int, size: Int) -> [Double] {
    sum(product(weights[0], x, gate: gate, size: size), Array(weights[2][gate * size..<(gate + 1) * size]))
  }

  /// Weights are W_ih, W_hh and b.
  public static func rnn(_ weights: [[Double]], relu: Bool = false) -> Step {
    { x, state in
      let size = state[0].count
      let sums = sum(input(weights, x, gate: 0, size: size), product(weights[1], state[0], gate: 0, size: size))
      let h = sums.map { relu ? max($0, 0) : tanh($0) }
      return (h, [h])
    }
  }

  /// Weights are W_ih, W_hh, b and, if the gate resets after the product, d; the gates are r, z, n.
  public static func gru(_ weights: [[Double]]) -> Step {
    { x, state in
      let (h, size) = (state[0], state[0].count)
      func recurrent(_ gate: Int, _ h: [Double]) -> [Double] {
        let sums = product(weights[1], h, gate: gate, size: size)
        return weights.count > 3 ? sum(sums, Array(weights[3][gate * size..<(gate + 1) * size])) : sums
      }
      func gate(_ index: Int) -> [Double] {
        sum(input(weights, x, gate: index, size: size), recurrent(index, h)).map(logistic)
      }
      let (r, z) = (gate(0), gate(1))
      let reset = weights.count > 3 ? times(r, recurrent(2, h)) : recurrent(2, times(r, h))
      let n = sum(input(weights, x, gate: 2, size: size), reset).map { tanh($0) }
      let next = h.indices.map { (1 - z[$0]) * n[$0] + z[$0] * h[$0] }
      return (next, [next])
    }
  }

  /// Weights are W_ih, W_hh and b, and then p_i, p_f and p_o of peepholes, or W_hr; the gates are i, f, g, o.
  ///
  /// - Parameter capsInput: Caps i at 1 − f.
  public static func lstm(_ weights: [[Double]], capsInput: Bool = false) -> Step {
    { x, state in
      let (h, c, size) = (state[0], state[1], state[1].count)
      func sums(_ gate: Int, seeing cell: [Double]? = nil, through peephole: Int = 0) -> [Double] {
        let sums = sum(input(weights, x, gate: gate, size: size), product(weights[1], h, gate: gate, size: size))
        guard let cell, weights.count == 6 else { return sums }
        return sum(sums, times(weights[peephole], cell))
      }
      let f = sums(1, seeing: c, through: 4).map(logistic)
      let i = zip(sums(0, seeing: c, through: 3).map(logistic), f).map { capsInput ? min($0, 1 - $1) : $0 }
      let next = sum(times(f, c), times(i, sums(2).map { tanh($0) }))
      let o = sums(3, seeing: next, through: 5).map(logistic)
      var output = times(o, next.map { tanh($0) })
      if weights.count == 4 { output = product(weights[3], output, gate: 0, size: weights[3].count / size) }
      return (output, [output, next])
    }
  }

  /// Weights are those of an LSTM, and then a matrix for each round, or two factors.
  public static func mogrifier(_ weights: [[Double]], isFactorised: Bool = false, capsInput: Bool = false) -> Step {
    let lstm = lstm(Array(weights[..<3]), capsInput: capsInput)
    return { x, state in
      var (x, h) = (x, state[0])
      for (round, first) in stride(from: 3, to: weights.count, by: isFactorised ? 2 : 1).enumerated() {
        var gate = round.isMultiple(of: 2) ? h : x
        for matrix in weights[first..<first + (isFactorised ? 2 : 1)].reversed() {
          gate = product(matrix, gate, gate: 0, size: matrix.count / gate.count)
        }
        gate = gate.map { 2 * logistic($0) }
        if round.isMultiple(of: 2) { x = times(gate, x) } else { h = times(gate, h) }
      }
      return lstm(x, [h, state[1]])
    }
  }

  /// Weights are W_ih, W_hh and b; the gates are i, g, o, and f is 1 − i.
  public static func coupled(_ weights: [[Double]]) -> Step {
    { x, state in
      let (h, c, size) = (state[0], state[1], state[1].count)
      func sums(_ gate: Int) -> [Double] {
        sum(input(weights, x, gate: gate, size: size), product(weights[1], h, gate: gate, size: size))
      }
      let (i, g, o) = (sums(0).map(logistic), sums(1).map { tanh($0) }, sums(2).map(logistic))
      let next = c.indices.map { (1 - i[$0]) * c[$0] + i[$0] * g[$0] }
      let output = times(o, next.map { tanh($0) })
      return (output, [output, next])
    }
  }

  /// Weights are W_ih and b; the blocks are z and the candidate.
  public static func minGRU(_ weights: [[Double]]) -> Step {
    { x, state in
      let (h, size) = (state[0], state[0].count)
      let z = input([weights[0], [], weights[1]], x, gate: 0, size: size).map(logistic)
      let candidate = input([weights[0], [], weights[1]], x, gate: 1, size: size)
      let next = h.indices.map { (1 - z[$0]) * h[$0] + z[$0] * candidate[$0] }
      return (next, [next])
    }
  }

  /// Weights are W_ih, b, v_f and v_r; the blocks are the candidate, f, r and the highway connection, which is the
  /// input if W_ih has three blocks.
  public static func sru(_ weights: [[Double]]) -> Step {
    { x, state in
      let (c, size) = (state[0], state[0].count)
      func block(_ index: Int) -> [Double] { input([weights[0], [], weights[1]], x, gate: index, size: size) }
      let candidate = block(0), skip = weights[1].count == 3 * size ? x : block(3)
      let f = sum(block(1), times(weights[2], c)).map(logistic), r = sum(block(2), times(weights[3], c)).map(logistic)
      let next = c.indices.map { f[$0] * c[$0] + (1 - f[$0]) * candidate[$0] }
      return (c.indices.map { r[$0] * next[$0] + (1 - r[$0]) * skip[$0] }, [next])
    }
  }

  /// Weights are W_ih and b; the blocks are z, f and o.
  ///
  /// The state is c and, if W_ih has columns for it, the previous step's input.
  public static func qrnn(_ weights: [[Double]]) -> Step {
    { x, state in
      let (c, size) = (state[0], state[0].count)
      let window = x + (state.count > 1 ? state[1] : [])
      func block(_ index: Int) -> [Double] { input([weights[0], [], weights[1]], window, gate: index, size: size) }
      let (z, f, o) = (block(0).map { tanh($0) }, block(1).map(logistic), block(2).map(logistic))
      let next = c.indices.map { f[$0] * c[$0] + (1 - f[$0]) * z[$0] }
      return (times(o, next), state.count > 1 ? [next, x] : [next])
    }
  }

  /// tanh(W x + b) of each pair of W and b in turn.
  public static func feedForward(_ weights: [[Double]], _ x: [Double]) -> [Double] {
    stride(from: 0, to: weights.count, by: 2).reduce(x) { x, index in
      linear(x, weight: weights[index], bias: weights[index + 1]).map { tanh($0) }
    }
  }
}
