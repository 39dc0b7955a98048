// A language model of padded sentences, cell by cell: docs/course/padded-sentences.md. It needs no data set. Run it in
// the package's root:
//
//     swift run -c release CoursePaddedSentences

import CourseFigures
import Mynah

var figures = Figures("A language model of padded sentences")
var random = RandomSource(seed: 1)

figures.step("Words, inputs and targets (cell 2)")
let text = try Corpus(at: "Examples/Texts/sentences.txt").training
let sentences = text.split(separator: "\n").map(String.init)
let tokenizer = KerasTokenizer(.init(wordLimit: 10_000, filters: ""), training: sentences)
let (words, vocabularySize) = (AnyTokenizer.kerasWord(tokenizer), tokenizer.vocabulary.count)
print("\(sentences.count) sentences, \(vocabularySize) words with the padding, for example:")
print(sentences[0], "→", try tokenizer.encode(sentences[0]).ids)
let long = PaddedSentence([1, 2, 3, 4, 5, 6, 7, 8], maximumLength: 5)
figures.exact("a sentence of 8 truncated to 5: inputs", long.inputs, document: [1, 2, 3, 4])
figures.exact("targets", long.targets, document: [2, 3, 4, 5])

figures.step("Padding (cell 3)")
figures.exact(
  "[1, 5, 10, 9] to 7", PaddedSentence.padded([1, 5, 10, 9], to: 7), document: [1, 5, 10, 9, 0, 0, 0])
figures.exact("[3, 6, 1] to 7", PaddedSentence.padded([3, 6, 1], to: 7), document: [3, 6, 1, 0, 0, 0, 0])
let batch = Batch(padding: [[1, 5, 10, 9], [3, 6, 1]], maximumLength: 7)
print("inputs", batch.rows, "targets", batch.targetRows)

figures.step("Cells and their variants, dropout and layers (cells 4 to 6)")
for kind in ["lstm", "peephole", "coupled", "gru", "rnn"] {
  let layer = RecurrentLayer(.init(kind, 7), inputSize: 20, initializer: .uniform(0.1), using: &random)
  print("\(kind): \(layer.parameterCount) parameters")
}
let dropout = DropoutRates(layerInput: 0.5, output: 0.5)  // in training only; new elements at each step

figures.step("Outputs of a recurrent network (text)")
let layer = RecurrentLayer(.lstm(7), inputSize: 20, initializer: .uniform(0.1), using: &random)
let x = Variable(Initializer.uniform(1).draw([10, 5, 20], using: &random))  // time-major: 10 steps of 5 sequences
let outputs = layer(SequenceBatch(x, lengths: [4, 9, 10, 5, 10]), state: layer.zeroState(batchSize: 5)).output.values
figures.exact("shape of the outputs", outputs.shape, document: [10, 5, 7])
figures.exact("the first sequence after its 4 steps", outputs.value[4..., 0], document: .zeros([6, 7]))

figures.step("Embeddings and the model on a batch (cell 7)")
figures.exact("embedding size of 10,000 words", Embedding.defaultSize(vocabularySize: 10_000), document: 10)
figures.exact("initial range", Embedding.defaultInitializer(size: 10), document: .uniform(0.05))
var configuration = LanguageModelConfiguration(
  vocabulary: vocabularySize, embedding: Embedding.defaultSize(vocabularySize: vocabularySize), layers: [.lstm(64)],
  dropout: dropout)
configuration.embeddingInitializer = Embedding.defaultInitializer(size: configuration.embeddingSize)
var model = LanguageModel(configuration, using: &random)
let batchOf5 = Batch(padding: try sentences[0..<5].map { try tokenizer.encode($0).ids }, maximumLength: 11)
let lengths = batchOf5.lengths ?? Array(repeating: 10, count: 5)
let pass = model(batchOf5.inputs, state: model.initialState(batchSize: 5), lengths: lengths)
print("lengths \(lengths), outputs \(pass.output.values.shape)")

figures.step("The loss with a padding mask (cells 8 to 10)")
let logits = model.output.logits(of: pass.output.rows)
figures.exact("shape of the logits", logits.shape, document: [50, vocabularySize])
let mask = Tensor(batchOf5.weights ?? Array(repeating: 1, count: 50))
let losses = model.output.negativeLogProbabilities(of: pass.output.rows.value, targets: batchOf5.targets).rows
print("losses:\n\(losses.reshaped([10, 5]).transposed())\nmask:\n\(mask.reshaped([10, 5]).transposed())")
let overall = (losses * mask).sum().scalar
print("sum over the words: \(overall), mean: \(overall / mask.sum().scalar)")
figures.exact("words of the mask", Int(mask.sum().scalar), document: batchOf5.targetCount)

figures.step("Probabilities and predictions (text)")
let probabilities = logits.value.softmax()
let sums = probabilities.sum(axes: [1])
figures.check(
  "each step's probabilities sum to 1", Double(sums[0].scalar), document: "1",
  (sums - 1).elements.allSatisfy { abs($0) < 1e-4 })
let predictions = probabilities.indicesOfMaximum()

figures.step("Gathering (cells 11 and 12)")
let t1: Tensor = [1, 2, 3]
let t2: Tensor = [[1, 2, 3], [4, 5, 6]]
let t3: Tensor = [[[1, 2, 3], [4, 5, 6]], [[5, 6, 7], [7, 8, 9]]]
figures.exact("t1[0], t1[2]", [t1[0].scalar, t1[2].scalar], document: [1, 3])
figures.exact("t2[0]", t2[0], document: [1, 2, 3])
figures.exact("column 1 of t2", t2[0..., 1], document: [2, 5])
figures.exact("columns 0 and 2 of t2", t2.gathered([0, 2], axis: 1), document: [[1, 3], [4, 6]])
figures.exact("t2 at (0, 1)", t2[0, 1].scalar, document: 2)
figures.exact("t2 at (0, 1) and (1, 1)", t2.gathered(coordinates: [[0, 1], [1, 1]]), document: [2, 5])
figures.exact("t3 at (0, 1)", t3[0, 1], document: [4, 5, 6])
figures.exact(
  "t3 at (0, 0) and (1, 1)", t3.gathered(coordinates: [[0, 0], [1, 1]]), document: [[1, 2, 3], [7, 8, 9]])
figures.exact("t3 at (0, 1, 2)", t3[0, 1, 2].scalar, document: 6)

figures.step("The next word of each sentence (cell 13)")
let last = lengths.enumerated().map { row, length in predictions[(length - 1) * 5 + row] }
print("untrained: \(last.map { tokenizer.vocabulary[$0] })")
var ids: [Int32] = []
for sentence in sentences { ids += try tokenizer.encode(sentence).ids + [0] }
let trainer = Trainer(
  TrainingConfiguration(
    optimizer: OptimizerConfiguration(Adam(epsilon: 1e-7)), learningRate: .constant(0.01), clipNorm: nil, epochs: 8,
    batches: .sentences(batchSize: 64, maximumLength: 20, endingWith: 0), reduction: .meanPerTarget))
let history = try trainer.train(&model, on: ids) { if case .epoch(let epoch) = $0 { print(epoch) } }
let uniform = Double(vocabularySize)
let reached = history[history.count - 1].train.perplexity
figures.check(
  "perplexity after 8 epochs", reached, document: "far below \(vocabularySize), a uniform guess", reached < uniform / 2)
var completer = try Completer(NeuralPredictor(InferenceModel(model)), tokenizer: words, policy: .reset)
try completer.read("a friendly ")
for prefix in ["", "p"] {
  let suggestions = try completer.suggestions(prefix: prefix, count: 3)
  print("a friendly \(prefix)… \(suggestions.map(\.text).joined(separator: ", "))")
}
figures.finish()
