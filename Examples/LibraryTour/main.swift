import Mynah

let corpus = try Corpus(at: "Examples/Texts/sentences.txt")  // the last tenth is the validation split
let tokenizer = AnyTokenizer.word(WordTokenizer(training: corpus.training))
let (words, validation) = try (tokenizer.encode(corpus.training), tokenizer.encode(corpus.validation))

var random = RandomSource(seed: 1)
var model = LanguageModel(
  LanguageModelConfiguration(vocabulary: tokenizer.vocabulary.count, embedding: 64, layers: [.lstm(128)]),
  using: &random)
let trainer = Trainer(
  TrainingConfiguration(
    learningRate: .halving(from: 1, after: 5), epochs: 8, batches: .contiguous(batchSize: 10, sequenceLength: 20)))
try trainer.train(&model, on: words.ids, validating: validation.ids) { event in
  if case .epoch(let epoch) = event { print("epoch \(epoch.epoch): perplexity \(epoch.train.perplexity)") }
}
print("validation:", try model.perplexity(of: corpus.validation, tokenizer: tokenizer).perplexity)

let file = ModelFile(model: model, tokenizer: tokenizer)
var generator = try TextGenerator(file, prompt: "a friendly", options: .init(length: 40), random: random)
print("a friendly", terminator: "")
while let piece = try generator.next() { print(piece.text, terminator: "") }
print()
