// A newcomer's first file: a character model learns a short text by heart, in seconds.
//
//     swift run -c release TinyCharacterModel

import Mynah

let text = """
  A mynah is a bird that learns to talk.
  It sits on the roof and listens to the street.
  It hears the rain, it hears the train, and it says them both again.
  The baker says good morning, and the mynah says good morning.
  The baker says good night, and the mynah says good night.
  The children call its name, and it calls them by their names.
  It does not know what a word is for.
  It knows what comes next, and that is enough to be a bird that talks.

  """

// 1. Tokens: every character of the text gets an ID, 0 ..< vocabulary.count.
let tokenizer = CharacterTokenizer(training: text)
let tokens = try tokenizer.encode(text).ids
print("\(tokens.count) characters, \(tokenizer.vocabulary.count) different ones")

// 2. A model: an embedding of each character → one LSTM of 96 units → a probability for each possible next character.
//    All randomness comes from a source with a seed: the same seed gives the same numbers on every run.
var random = RandomSource(seed: 1)
var model = LanguageModel(
  LanguageModelConfiguration(vocabulary: tokenizer.vocabulary.count, embedding: 24, layers: [.lstm(96)]),
  using: &random)
print(model.summary)

// 3. Training: 2 rows of text side by side, gradients over 25 steps, a learning rate that falls from 1.
let trainer = Trainer(
  TrainingConfiguration(
    learningRate: LearningRateSchedule(initial: 1, factor: 0.95, constantEpochs: 60), clipNorm: 5, epochs: 100,
    batches: .contiguous(batchSize: 2, sequenceLength: 25)))
try trainer.train(&model, on: tokens) { event in
  if case .epoch(let report) = event, report.epoch.isMultiple(of: 10) {
    print("epoch \(report.epoch): \(report.train.mean) nats a character, perplexity \(report.train.perplexity)")
  }
}

// 4. A sample: one character after another. The generator holds the model's state; the model itself never changes.
let file = ModelFile(model: model, tokenizer: .character(tokenizer))
let options = GenerationOptions(sampler: Sampler(temperature: 0.5), length: 240)
var generator = try TextGenerator(file, prompt: "The baker", options: options, random: random)
print("\nThe baker", terminator: "")
while let piece = try generator.next() { print(piece.text, terminator: "") }
print()
