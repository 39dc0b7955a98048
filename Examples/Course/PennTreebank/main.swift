// The Penn Treebank benchmark, cell by cell: docs/course/penn-treebank.md. Run it in the package's root:
//
//     swift run -c release CoursePennTreebank

import CourseFigures
import Foundation
import Mynah

var figures = Figures("Language modelling with LSTMs on the Penn Treebank")
let recipe = Recipe.pennTreebank
let (batchSize, stepCount) = (60, 20)

figures.step("The data (cells 6 to 14)")
let folder = dataFolder("ptb")
let treebank = try PennTreebank(at: folder)
figures.exact("training words", treebank.train.count, document: 929_589)
figures.exact("vocabulary", treebank.vocabulary.count, document: 10_000)
print(treebank.train[0..<32].map { treebank.vocabulary[$0] }.joined(separator: " "))
let batches = try ContiguousBatches(treebank.train, batchSize: batchSize, stepCount: stepCount)
let batch = batches[0]
figures.exact("shape of a batch", [batch.rows.count, batch.rows[0].count], document: [60, 20])
let documentRows = [
  "9970 9971 9972 9974 9975 9976 9980 9981 9982 9983 9984 9986 9987 9988 9989 9991 9992 9993 9994 9995",
  "901 33 3361 8 1279 437 597 6 261 4276 1089 8 2836 2 269 4 5526 241 13 2420",
  "2654 6 334 2886 4 1 233 711 834 11 130 123 7 514 2 63 10 514 8 605",
]
for row in 0..<3 { figures.exact("x[\(row)]", line(batch.rows[row]), document: documentRows[row]) }

figures.step("The stacked LSTM and its state (cells 15 to 17)")
var random = RandomSource(seed: 1)
var model = LanguageModel(recipe.model(treebank.vocabulary.count), using: &random)
let zero = model.initialState(batchSize: batchSize)
let stateShapes = zero.layers.flatMap { [$0.cell.shape, $0.hidden.shape] }
figures.exact("shapes of the states", stateShapes, document: [[60, 256], [60, 256], [60, 128], [60, 128]])
print(zero.layers[0].cell)

figures.step("The embeddings (cells 18 to 21)")
print(model.embedding.weight)
let inputs = model.embedding(batch.inputs).value.reshaped([stepCount, batchSize, 200])  // time-major
figures.exact("shape of the inputs", inputs.shape, document: [20, 60, 200])
print(inputs[0..., 0])  // the 20 words of the first row

figures.step("The outputs, the probabilities and the prediction (cells 22 to 30)")
let pass = model(batch.inputs, state: zero)
figures.exact("shape of the outputs", pass.output.values.shape, document: [20, 60, 128])
figures.exact("all outputs as rows", pass.output.rows.shape, document: [1200, 128])
let probabilities = model.output.logits(of: pass.output.rows).value.softmax()
figures.exact("shape of the probabilities", probabilities.shape, document: [1200, 10_000])
let firstRow = probabilities.reshaped([stepCount, batchSize, 10_000])[0..., 0]
print(firstRow)
print("most probable words:", firstRow.indicesOfMaximum())
figures.exact("y[0]", line(batch.targetRows[0]), document: documentRows[0].dropFirst(5) + " 9996")

figures.step("The loss (cells 31 to 33)")
let losses = model.output.negativeLogProbabilities(of: pass.output.rows.value, targets: batch.targets)
print(losses.rows[..<10])
figures.near("the first loss, ln 10,000", Double(losses.rows[0].scalar), document: 9.21034, within: 0.005)
figures.near("the cost", losses.nats / Double(batchSize), document: 184.19876, within: 0.002)

figures.step("The trainable variables (cells 34 to 36)")
for parameter in model.parameters { print(parameter.name, parameter.value.shape) }
figures.exact("trainable parameters", model.parameterCount, document: 3_955_088)

figures.step("Gradients (cells 37 to 43)")
let tape = Tape()
let (x, y) = (tape.variable(1), tape.variable(2))
let z = 2 * x * x + 3 * x * y
let (dx, dy) = tape.gradients(of: z, for: x, y)
figures.exact("z, dz/dx, dz/dy", [z.value.scalar, dx.scalar, dy.scalar], document: [8, 10, 3])
let (tracked, variables) = model.tracked(by: tape)
let cost = tracked.loss(inputs: batch.inputs, targets: batch.targets, state: zero).value
let gradients = tape.gradients(of: cost, for: variables)
if case .rows(let rows) = gradients[0] { print("the embedding's gradient has \(rows.rows.count) rows of 10,000") }
let norm = globalNorm(of: gradients)
let clipped = gradients.map { $0.scaled(by: clipFactor(norm: norm, clipNorm: 5)) }
print("global norm \(norm), clipped \(globalNorm(of: clipped))")
for (parameter, gradient) in zip(model.parameters, clipped) where gradient.shape.elementCount > 1024 {
  print("\(parameter.name):\n\(gradient.dense)")
}

figures.step("A training step (cells 44 to 46)")
var optimizer = Optimizer(.sgd)
optimizer.update(&model, gradients: clipped, rate: 1)
let after = model.loss(inputs: batch.inputs, targets: batch.targets, state: zero).loss
print("the loss of the batch after the step: \(after.mean)")

figures.step("The training run (cells 47 to the last one)")
figures.exact("steps of an epoch", batches.count, document: 774)
let rates = (1...15).map { recipe.training.learningRate.rate(epoch: $0) }
figures.exact("learning rates", rates, document: (0..<15).map { Float(pow(0.5, max(Double($0) - 4, 0))) })
print("the whole run: mynah reproduce ptb --data data/ptb; here, the first 11 steps of it:")
model = LanguageModel(recipe.model(treebank.vocabulary.count), using: &random)
let (start, clock) = (ContinuousClock.now, ContinuousClock())
var state = zero
var total = Loss()
for index in 0...10 {
  let batch = batches[index]
  let step = optimizer.step(&model, rate: 1, clip: GradientClip(norm: 5)) { model in
    let pass = model.loss(inputs: batch.inputs, targets: batch.targets, state: state)
    return (pass.value, (loss: pass.loss, state: pass.state))
  }
  total = total + step.kept.loss
  state = step.kept.state
}
let seconds = (clock.now - start) / .seconds(1)
print("Itr 10 of 774, speed: \(Int(Double(total.targetCount) / seconds)) wps (document: 257 wps)")
figures.near("perplexity after step 10", total.perplexity, document: 4121.075, within: 0.1)
figures.finish()
