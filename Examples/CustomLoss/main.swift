// A loss of your own: label-smoothed cross-entropy, written with the operations on `Variable`s, and training steps by hand.
//
//     swift run -c release CustomLoss
//
//     loss = −mean over rows of [(1 − ε) log p(target) + ε · mean over the vocabulary of log p]
//
// C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer vision", 2016.

import Mynah

/// Label-smoothed cross-entropy of logits [N, V] against N targets, in nats a target.
func smoothedCrossEntropy(_ logits: Variable, _ targets: [Int32], smoothing: Float) -> Variable {
  let logProbabilities = logits.logSoftmax()
  let coordinates = targets.enumerated().flatMap { [Int32($0), $1] }
  let ofTargets = logProbabilities.gathered(coordinates: coordinates, shape: [targets.count, 2]).mean()
  return -((1 - smoothing) * ofTargets + smoothing * logProbabilities.mean())
}

// What the model learns: numbers that count 0, 1, 2, … 6, 0, 1, … and repeat.
let vocabularySize = 7
let counting = (0..<421).map { Int32($0 % vocabularySize) }
let batches = try ContiguousBatches(counting, batchSize: 4, stepCount: 8)

var random = RandomSource(seed: 1)
var model = LanguageModel(
  LanguageModelConfiguration(vocabularySize: vocabularySize, embedding: 8, recurrent: [.lstm(16)]), using: &random)

let smoothing: Float = 0.1
for epoch in 1...20 {
  var state = model.initialState(batchSize: batches.batchSize)
  var sum = 0.0
  for batch in batches {
    // 1. A copy of the model whose parameters are on a tape: what is computed with it is recorded.
    let tape = Tape()
    let (tracked, parameters) = model.tracked(by: tape)
    let pass = tracked.logits(batch.inputs, state: state)
    let loss = smoothedCrossEntropy(pass.logits, batch.targets, smoothing: smoothing)

    // 2. The tape is read backwards: one gradient a parameter. They are clipped and taken off the parameters.
    let gradients = tape.gradients(of: loss, for: parameters)
    let scale = clipFactor(norm: globalNorm(of: gradients), clipNorm: 1)
    SGD().update(&model, gradients: gradients, rate: 2, scale: scale)

    // 3. The state goes on to the next batch without its history: gradients stop here.
    state = pass.state.map(\.detached)
    sum += Double(loss.value.scalar)
  }
  print("epoch \(epoch): smoothed loss \(sum / Double(batches.count)) nats a token")
}

// Smoothing asks for 1 − ε + ε/V on the target, not for 1: the model should be that sure and no surer.
let logits = model.logits([0, 1, 2, 3], state: model.initialState(batchSize: 1)).logits
let probabilities = logits.softmax().value.elements
let ofNext = probabilities[3 * vocabularySize + 4]
print("p(4 after 0 1 2 3) = \(ofNext); smoothing asks for \(1 - smoothing + smoothing / Float(vocabularySize))")
