// A custom recurrent cell in a language model: trained, stored, resumed, evaluated, scored, generated from,
// completed with and quantised. Run in the package's root: swift run -c release CustomCell
//
//     f = σ(W_f x + U_f h + b_f)     n = tanh(W_n x + U_n (f ⊙ h) + b_n)     h' = (1 − f) ⊙ h + f ⊙ n
//
// G. Zhou, J. Wu, C. Zhang, Z. Zhou, "Minimal gated unit for recurrent neural networks", 2016.

import Foundation
import Mynah

/// One step of a minimal gated unit: a GRU with one gate.
struct MinimalGatedCell: RecurrentCell {
  let inputWeight, forgetWeight, candidateWeight, bias: Variable

  func projection(of x: Variable) -> Variable { x.matmul(inputWeight, transposingOther: true) + bias }

  func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let h = state.hidden
    let f = (projection.block(0, of: 2) + h.matmul(forgetWeight, transposingOther: true)).sigmoid()
    let n = (projection.block(1, of: 2) + (f * h).matmul(candidateWeight, transposingOther: true)).tanh()
    let next = (1 - f) * h + f * n
    return (next, LayerState(hidden: next))
  }
}

extension CellKind {
  static let minimalGated = CellKind(
    "mgu", title: "minimal gated unit",
    parameters: { layer in
      let (input, hidden) = (layer.inputSize, layer.hiddenSize)
      return [
        ParameterSpec("weight_ih", [2 * hidden, input], .inputWeight),
        ParameterSpec("forget_hh", [hidden, hidden], .recurrentWeight),
        ParameterSpec("candidate_hh", [hidden, hidden], .recurrentWeight),
        ParameterSpec("bias", [2 * hidden], .bias()),
      ]
    },
    cell: { MinimalGatedCell(inputWeight: $1[0], forgetWeight: $1[1], candidateWeight: $1[2], bias: $1[3]) })
}

let kinds = ModelKinds.standard.adding(.minimalGated)
let corpus = try Corpus(at: "Examples/Texts/sentences.txt")
let tokenizer = AnyTokenizer.word(WordTokenizer(training: corpus.training))
let (words, validation) = try (tokenizer.encode(corpus.training), tokenizer.encode(corpus.validation))

// Trained, with its state and model written after each epoch; the second epoch resumes from the files of the first.
var random = RandomSource(seed: 1)
let path = FileManager.default.temporaryDirectory.appending(component: "mgu-\(UUID().uuidString).safetensors").path
let configuration = LanguageModelConfiguration(
  vocabulary: tokenizer.vocabulary.count, embedding: 48, layers: [LayerConfiguration(.minimalGated, 64), .lstm(64)])
var model = LanguageModel(configuration, kinds: kinds, using: &random)
var checkpoint: TrainingCheckpoint?
for epochs in 1...2 {
  let training = TrainingConfiguration(
    optimizer: .adam, learningRate: .constant(0.005), epochs: epochs,
    batches: .contiguous(batchSize: 10, sequenceLength: 20))
  let files = TrainingFiles(modelPath: path, configuration: training, tokenizer: tokenizer, textHash: "sentences")
  if epochs > 1 { checkpoint = try files.resume(configuration, kinds: kinds) }
  try Trainer(training).train(&model, on: words.ids, validating: validation.ids, from: checkpoint) { event in
    if case .checkpoint(let checkpoint) = event { try files.write(checkpoint) }
    if case .epoch(let epoch) = event { print("epoch \(epoch.epoch): perplexity \(epoch.train.perplexity)") }
  }
}

let file = try ModelFile(contentsOf: path, kinds: kinds)
print("validation:", try file.model.perplexity(of: corpus.validation, tokenizer: tokenizer).perplexity)
var scorer = TextScorer(InferenceModel(file.model), tokenizer: tokenizer)
print("score:", try scorer.score("a friendly pig sleeps .").logProbability)
var generator = try TextGenerator(file, prompt: "a friendly", options: .init(length: 12), random: random)
print("a friendly", terminator: "")
while let piece = try generator.next() { print(piece.text, terminator: "") }
var completer = try Completer(NeuralPredictor(InferenceModel(file.model)), tokenizer: tokenizer)
try completer.read("a friendly ")
print("\ncompleted:", try completer.suggestions(prefix: "p", count: 3).map(\.text))
try file.rounded(to: .int8).write(to: path)
let small = try ModelFile(contentsOf: path, kinds: kinds)
print("int8:", try small.model.perplexity(of: corpus.validation, tokenizer: tokenizer).perplexity)
