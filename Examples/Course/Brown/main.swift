// An RNN language model of a toy corpus and of the Brown corpus, cell by cell: docs/course/brown.md. Run it in the
// package's root:
//
//     swift run -c release CourseBrown

import CourseFigures
import Mynah

var figures = Figures("A recurrent language model of a toy corpus and of Brown")
let folder = dataFolder("brown")

figures.step("Truncated backpropagation through time (section A)")
let letters = Array("abcdefghstuvwxyz.")  // two texts of 8 letters
let carried = try ContiguousBatches(letters.indices.map { Int32($0) }, batchSize: 2, stepCount: 4, remainder: .keep)
for (batch, document) in zip(carried, [["abcd", "stuv"], ["efgh", "wxyz"]]) {
  figures.exact("a batch", batch.rows.map { row in String(row.map { letters[Int($0)] }) }, document: document)
  print("continues the rows of the batch before it: \(batch.carriesState)")
}

figures.step("The toy model (cells 32 and 33)")
let toy = ToyCorpus()
figures.exact("vocabulary", toy.vocabulary.count, document: 15)
var random = RandomSource(seed: 1)
var model = LanguageModel(Recipe.toy.model(toy.vocabulary.count), using: &random)
// Matrices are transposed, as in PyTorch: outputs × inputs.
let shapes = model.parameters.map { $0.value.transposed().shape.sizes }
for (parameter, shape) in zip(model.parameters, shapes) { print(parameter.name, shape) }
figures.exact("embedding", model.embedding.weight.shape.sizes, document: [15, 10])
figures.exact("LSTM", Array(shapes[1...3]), document: [[10, 40], [10, 40], [40]])
figures.exact("output layer", Array(shapes[4...]), document: [[10, 15], [15]])

figures.step("Training the toy model (cell 34)")
let data = try Recipe.toy.data("")
let toyBatches = try Recipe.toy.training.batches.batches(of: data.training, seed: 1)
let rows = toyBatches.batches(epoch: 1).reduce(0) { $0 + $1.batchSize }
figures.exact("rows of 8 words", rows, document: 200)
let history = try Trainer(Recipe.toy.training).train(&model, on: toyBatches)
let loss = history[history.count - 1].train.mean
figures.check("loss after 20 epochs", loss, document: "near zero", history.count == 20 && loss < 0.1)

figures.step("The Brown corpus (cell 115)")
let brown = try Brown(at: folder)
figures.exact("vocabulary", brown.vocabulary.count, document: 10_000)
figures.exact("sentences", brown.train.sentenceCount + brown.test.sentenceCount, document: 57_340)
figures.exact("words", brown.train.wordCount + brown.test.wordCount, document: 1_161_192)
figures.exact(
  "training sentences and words", [brown.train.sentenceCount, brown.train.wordCount], document: [45_872, 924_077])
figures.exact(
  "test sentences and words", [brown.test.sentenceCount, brown.test.wordCount], document: [11_468, 237_115])
figures.exact("training and test ids", [brown.train.ids.count, brown.test.ids.count], document: [969_950, 248_584])
let (ids, maximumTime) = (brown.train.ids, 25)
let used = (ids.count - maximumTime) / maximumTime * maximumTime
figures.exact("inputs and labels used", used, document: 969_925)
let sequences = Dataset(slices: Array(ids[..<used]), Array(ids[1...used])).batch(maximumTime)
let documentRows = [
  "0 304 657 434 0 7 42 213 42 36 977 391 5 0 5970 1097 3 250 34 3 2 8 3 1196 5",
  "0 28 58 1398 42 8 140 9 2684 2806 6 126 113 3 1114 15 3 4526 58 422 5 0 3 2 16",
]
for (sequence, document) in zip(sequences.take(2), documentRows) {
  figures.exact("input array", line(sequence.map(\.0)), document: document)
  figures.exact("label array ends with", sequence[24].1, document: document == documentRows[0] ? 0 : 5080)
}

figures.step("The model of the Brown corpus (cell 8)")
let recipe = Recipe.brown
var large = LanguageModel(recipe.model(brown.vocabulary.count), using: &random)
print(large.summary)
let batches = try recipe.training.batches.batches(of: ids, seed: 1)
figures.exact("batches of an epoch", batches.count, document: 388)
print("the whole run: mynah reproduce brown --data data/brown --metrics accuracy --tensorboard logs; here, 4 steps:")
let four = EpochBatches(Dataset(Array(batches.batches(epoch: 1).prefix(4))), count: 4, batchSize: 100)
var configuration = recipe.training
configuration.epochs = 1
var trainer = Trainer(configuration)
trainer.metrics = [.accuracy]  // on a validation text
let report = try trainer.train(&large, on: four) { event in
  if case .step(let step) = event { print("\(step.step)/\(batches.count): loss \(step.stepLoss.mean)") }
}
let first = report[0].train.mean
figures.check(
  "loss of the first steps", first, document: "near ln 10,000 = 9.21",
  (8...13).contains(first))

figures.step("Part II: sampled softmax")
configuration.objective = .sampled(candidates: 500)
print("the loss of the target among 500 sampled words:")
let sampled = try Trainer(configuration).train(&large, on: four) { event in
  if case .step(let step) = event { print("\(step.step)/\(batches.count): loss \(step.stepLoss.mean)") }
}
let sampledMean = sampled[0].train.mean
figures.check(
  "loss of the sample", sampledMean, document: "below the full loss: fewer words compete", sampledMean < first)
figures.finish()
