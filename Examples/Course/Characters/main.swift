// A character model that generates text, cell by cell: docs/course/characters.md. Run it in the package's root:
//
//     swift run -c release CourseCharacters

import CourseFigures
import Mynah

var figures = Figures("LSTM and sequence generation, character by character")
let recipe = Recipe.shakespeare
let folder = dataFolder("tinyshakespeare")

figures.step("Characters and windows (cell 2)")
let plays = try TinyShakespeare(at: folder)
figures.exact("training characters", plays.train.count, document: 1_003_854)
figures.exact("vocabulary", plays.vocabulary.count, document: 67)
let windows = TokenWindows(plays.train, length: 100)
let first = """
  20 49 58 59 60 3 17 49 60 49 66 45 54 12 2 16 45 46 55 58 45 3 63 45 3 56 58 55 43 45 45 44 3 41 54 65 3 46 61 58 60 \
  48 45 58 8 3 48 45 41 58 3 53 45 3 59 56 45 41 51 10 2 2 15 52 52 12 2 33 56 45 41 51 8 3 59 56 45 41 51 10 2 2 20 \
  49 58 59 60 3 17 49 60 49 66 45 54 12 2 39 55 61
  """
figures.exact("current characters", line(windows[0].inputs), document: first)
figures.exact("next characters", line(windows[0].targets), document: String(first.dropFirst(3)) + " 3")
print(windows[0].inputs.map { plays.vocabulary[$0] }.joined())

figures.step("Shuffled batches (cell 3)")
let dataset = Dataset(windows).shuffle(buffer: 10_000, seed: 1).batch(64, remainder: .drop).map(Batch.init(windows:))
  .prefetch()
let batch = dataset.first { _ in true } ?? Batch(windows: [])
figures.exact("shape of a batch", [batch.rows.count, batch.stepCount], document: [64, 100])

figures.step("The model (cell 4)")
var random = RandomSource(seed: 1)
var model = LanguageModel(recipe.model(plays.vocabulary.count), using: &random)
print(model.summary)
figures.exact("parameters of the layers", model.layers.map(\.parameters), document: [17_152, 5_246_976, 68_675])
figures.exact("total", model.parameterCount, document: 5_332_803)
let (logits, finalState) = model.logits(batch.inputs, state: model.initialState(batchSize: 64))
let shaped = logits.value.reshaped([100, 64, 67])  // time-major
figures.exact("shape of the predictions", shaped.shape, document: [100, 64, 67])
figures.exact("final state", finalState.layers[0].hidden.shape, document: [64, 1024])

figures.step("Samples of the untrained network (cell 5)")
let sampled = try (0..<100).map { try Sampler()(shaped[$0, 0].elements, using: &random) }
print("Input:       ", batch.rows[0].map { plays.vocabulary[$0] }.joined().debugDescription)
print("Predictions: ", sampled.map { plays.vocabulary[$0] }.joined().debugDescription)

figures.step("The loss (cell 6)")
let untrained = model.loss(inputs: batch.inputs, targets: batch.targets, state: model.initialState(batchSize: 64)).loss
figures.near("mean loss, about ln 67", untrained.mean, document: 4.2039866, within: 0.005)

figures.step("Training (cell 7)")
let count = windows.count / 64
figures.exact("batches of an epoch", count, document: 156)
print("the whole run: mynah reproduce shakespeare --data data/tinyshakespeare; here, 2 steps of it:")
var configuration = recipe.training
configuration.epochs = 1
let trainer = Trainer(configuration)
let report = try trainer.train(&model, on: EpochBatches(dataset.take(2), count: 2, batchSize: 64)) { event in
  if case .step(let step) = event { print("\(step.step)/\(count) - loss: \(step.epochLoss.mean)") }
}
let reached = report[0].train.mean
figures.check("loss of the steps", reached, document: "falling from 4.204", reached < untrained.mean)

figures.step("One step at a time (cell 8)")
// Neither "" nor [UNK] is sampled; the state is carried from character to character.
let sampler = Sampler([ForbiddenTokens([0, 1]), Temperature(1)])
var generator = try BatchGenerator(
  InferenceModel(model), tokenizer: .character(plays.tokenizer), prompt: "ROMEO:", count: 2,
  options: GenerationOptions(sampler: sampler, length: 60), seed: 1)
var texts = ["ROMEO:", "ROMEO:"]
while true {
  let pieces = try generator.next()
  if pieces.isEmpty { break }
  for piece in pieces { texts[piece.text] += piece.addition }
}
for text in texts { print(text.debugDescription) }
let unwanted = texts.count { $0.contains("[UNK]") }
figures.exact("texts with a masked token", unwanted, document: 0)
figures.finish()
