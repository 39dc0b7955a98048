// A recurrent cell of your own: the minimal gated unit, scanned over sequences and trained.
//
//     swift run -c release CustomCell
//
//     f = σ(W_f x + U_f h + b_f)     n = tanh(W_n x + U_n (f ⊙ h) + b_n)     h' = (1 − f) ⊙ h + f ⊙ n
//
// G. Zhou, J. Wu, C. Zhang, Z. Zhou, "Minimal gated unit for recurrent neural networks", 2016.

import Mynah

/// One step of a minimal gated unit: a GRU with one gate.
struct MinimalGatedCell: RecurrentCell {
  /// Maps of the input to f and n, and of the state to f and n.
  var forget, candidate: Linear
  var forgetWeight, candidateWeight: Variable

  init(inputSize: Int, hiddenSize: Int, using random: inout RandomSource) {
    let initializer = Initializer.glorotUniform
    forget = Linear(inputSize: inputSize, outputSize: hiddenSize, initializer: initializer, using: &random)
    candidate = Linear(inputSize: inputSize, outputSize: hiddenSize, initializer: initializer, using: &random)
    forgetWeight = Variable(Initializer.orthogonal.draw([hiddenSize, hiddenSize], using: &random))
    candidateWeight = Variable(Initializer.orthogonal.draw([hiddenSize, hiddenSize], using: &random))
  }

  var inputSize: Int { forget.weight.shape[1] }
  var hiddenSize: Int { forget.weight.shape[0] }

  func step(_ x: Variable, state: HiddenState) -> HiddenState {
    let h = state.hidden
    let f = (forget(x) + h.matmul(forgetWeight, transposingOther: true)).sigmoid()
    let n = (candidate(x) + (f * h).matmul(candidateWeight, transposingOther: true)).tanh()
    return HiddenState(hidden: (1 - f) * h + f * n)
  }

  mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try forget.visitParameters(prefix: prefix + "forget.", body)
    try candidate.visitParameters(prefix: prefix + "candidate.", body)
    try body(prefix + "forget_hh", &forgetWeight)
    try body(prefix + "candidate_hh", &candidateWeight)
  }
}

/// What is trained: the cell over a sequence, and the first symbol guessed from its last state.
struct Recall: Module {
  var layer: Recurrence<MinimalGatedCell>
  var output: Linear

  mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try layer.visitParameters(prefix: prefix + "layer.", body)
    try output.visitParameters(prefix: prefix + "output.", body)
  }
}

// What it learns: to remember the first of ten symbols until the end.
let (symbolCount, stepCount, batchSize) = (4, 10, 32)
var random = RandomSource(seed: 1)
var model = Recall(
  layer: Recurrence(MinimalGatedCell(inputSize: symbolCount, hiddenSize: 24, using: &random)),
  output: Linear(inputSize: 24, outputSize: symbolCount, initializer: .glorotUniform, using: &random))
var optimizer = Optimizer(.adam)

for update in 1...300 {
  let ids = (0..<stepCount * batchSize).map { _ in Int32(random.next() % UInt64(symbolCount)) }
  let oneHot = ids.flatMap { id in (0..<symbolCount).map { $0 == Int(id) ? 1 : 0 as Float } }
  let x = Variable(Tensor(shape: [stepCount, batchSize, symbolCount], oneHot))
  let firsts = Array(ids.prefix(batchSize))
  let loss = optimizer.step(&model, rate: 0.005, clip: GradientClip(norm: 1)) { model in
    let zero = model.layer.zeroState(batchSize: batchSize)
    let last: HiddenState = model.layer(x, state: zero).state
    let loss = model.output.crossEntropy(of: last.hidden, targets: firsts, scale: 1 / Float(batchSize))
    return (value: loss.value, kept: loss.nats / Double(batchSize))
  }.kept
  if update.isMultiple(of: 50) { print("update \(update): \(loss) nats a sequence") }
}
