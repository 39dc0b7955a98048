// A custom loss in place of the trainer's: label-smoothed cross-entropy, written with operations on `Variable`s.
//
//     swift run -c release CustomLoss
//
//     loss = −mean over rows of [(1 − ε) log p(target) + ε · mean over the vocabulary of log p]
//
// C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer
// vision", 2016.

import Mynah

/// Label-smoothed cross-entropy of logits [N, V] against N targets, in nats per target.
func smoothedCrossEntropy(_ logits: Variable, _ targets: [Int32], smoothing: Float) -> Variable {
  let logProbabilities = logits.logSoftmax()
  let coordinates = targets.enumerated().flatMap { [Int32($0), $1] }
  let ofTargets = logProbabilities.gathered(coordinates: coordinates, shape: [targets.count, 2]).mean()
  return -((1 - smoothing) * ofTargets + smoothing * logProbabilities.mean())
}

// The training text: the numbers 0, 1, 2, … 6, again and again.
let vocabularySize = 7
let counting = (0..<421).map { Int32($0 % vocabularySize) }

var random = RandomSource(seed: 1)
var model = LanguageModel(
  LanguageModelConfiguration(vocabulary: vocabularySize, embedding: 8, layers: [.lstm(16)]), using: &random)

// A loss returns the scalar to differentiate and the nats to report. Its model is on a tape, which records all
// operations on the model's parameters for the backward pass.
let smoothing: Float = 0.1
var trainer = Trainer(
  TrainingConfiguration(
    learningRate: .constant(2), clipNorm: 1, epochs: 20, batches: .contiguous(batchSize: 4, sequenceLength: 8)))
trainer.loss = { model, hidden, batch in
  let loss = smoothedCrossEntropy(model.output.logits(of: hidden), batch.targets, smoothing: smoothing)
  return (loss, Double(loss.value.scalar) * Double(batch.targetCount))
}
try trainer.train(&model, on: counting) { event in
  if case .epoch(let epoch) = event { print("epoch \(epoch.epoch): smoothed loss \(epoch.train.mean) nats a token") }
}

// The minimum of the smoothed loss is at a probability of 1 − ε + ε/V for the target, not at 1.
let logits = model.logits([0, 1, 2, 3], state: model.initialState(batchSize: 1)).logits
let probabilities = logits.softmax().value.elements
let ofNext = probabilities[3 * vocabularySize + 4]
print("p(4 after 0 1 2 3) = \(ofNext); the optimum is \(1 - smoothing + smoothing / Float(vocabularySize))")
