// Suggests words while a text is typed, as a keyboard does. Run it in the package's root:
//
//     swift run -c release Autocomplete

import Mynah

// 1. A word model, trained in a few seconds.
let corpus = try Corpus(at: "Examples/Texts/sentences.txt")
let tokenizer = WordTokenizer(training: corpus.training)
var random = RandomSource(seed: 1)
var model = LanguageModel(
  LanguageModelConfiguration(vocabulary: tokenizer.vocabulary.count, embedding: 64, layers: [.lstm(128)]),
  using: &random)
let trainer = Trainer(
  TrainingConfiguration(
    learningRate: .halving(from: 1, after: 5), epochs: 8, batches: .contiguous(batchSize: 10, sequenceLength: 20)))
try trainer.train(&model, on: tokenizer.encode(corpus.training).ids)

// 2. A completer keeps the network's state, not the text: words advance the state, letters only narrow the suggestions.
var completer = try Completer(NeuralPredictor(InferenceModel(model)), tokenizer: .word(tokenizer))
let start = completer  // a copy that stays at the beginning
try completer.read("a friendly pig ")
for letters in ["", "g", "gu"] {
  let suggestions = try completer.suggestions(prefix: letters, count: 3)
  let listed = suggestions.map { "\($0.text) (\((1000 * $0.probability).rounded() / 10) %)" }.joined(separator: ", ")
  print("a friendly pig \(letters)…  \(listed)")
}

// 3. The keystrokes saved on a text that the model was not trained on.
var report = KeystrokeReport()
var typist = start
for line in corpus.validation.split(separator: "\n") { try report.type(line, &typist, suggestionCount: 3) }
print("\(report.wordCount) words typed with \(report.keyCount) keys in place of \(report.plainKeyCount):")
print("\((100 * report.savedShare).rounded()) % saved with three suggestions")
