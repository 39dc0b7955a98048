import Foundation
import Mynah
import MynahTensorBoard
import Testing

/// The examples of the sources' doc comments, which this file only compiles.
private enum DocumentationExamples {
  static func textTraining(notes: URL, file: URL) async throws {
    for try await progress in try TextModel.training(on: notes, writingTo: file) { print(progress) }
    let model = try TextModel(contentsOf: file)
    print(model.tokenizer)
  }

  static func tensorLiterals() {
    let vector: Tensor = [1, 2, 3]
    let matrix: Tensor = [[1, 2], [3, 4]]
    print(vector, matrix)
  }

  static func textModel() async throws {
    let model = try TextModel.train(on: URL(filePath: "notes.txt")) { print($0) }
    try model.write(to: URL(filePath: "notes.safetensors"))
    print(try model.evaluate("some text").perplexity)
    for try await piece in model.generate("Once upon", .init(length: 80, temperature: 0.8, topP: 0.9)) {
      print(piece.text, terminator: "")
    }
  }

  static func subscripts() {
    let x: Tensor = [[1, 2, 3], [4, 5, 6]]
    print(x[0])
    print(x[1, 2].scalar)
    print(x[0..., 1])
    print(x[0..<2, ..<2])
  }

  static func eventWriter() throws {
    var events = try EventWriter(directory: "logs/run-1")
    try events.scalar("loss", 2.5, step: 1)
    try events.flush()
  }

  static func tape() {
    let tape = Tape()
    let x = tape.variable(1), y = tape.variable(2)
    let z = 2 * x * x + 3 * x * y  // 8
    let (dx, dy) = tape.gradients(of: z, for: x, y)  // 10, 3
    print(dx, dy)
  }

  static func tensors() {
    let x: Tensor = [[1, 2.5], [-3, 0.125]]
    print(x)
    // [[ 1.     2.5  ]
    //  [-3.     0.125]]
    let vector: Tensor = [1, 2, 3]
    let matrix: Tensor = [[1, 2, 3], [4, 5, 6]]
    print(vector[0], matrix[0], matrix[1, 2].scalar, matrix[0..., 1], matrix[0..<2, ..<2])
  }

  static func precision(_ a: Tensor, _ b: Tensor) {
    let product = Precision.$current.withValue(.bfloat16) { a.matmul(b) }  // rounds its factors
    print(product)
  }

  static func threads(_ a: Tensor, _ b: Tensor) {
    let product = ThreadTeam.$current.withValue(ThreadTeam(threadCount: 1)) { a.matmul(b) }  // on one thread
    print(product)
  }

  static func activations(_ file: ModelFile) throws {
    var recorder = try ActivationRecorder(file.model, layers: [0], recordingGates: true)
    let after = try recorder.read(id: 7)[0]
    print(after[3]["c"] ?? 0)
  }

  static func scorer(_ file: ModelFile, _ lines: [String]) throws {
    var scorer = TextScorer(InferenceModel(file.model), tokenizer: file.tokenizer, policy: .carry)
    for line in lines { for score in try scorer.append(line) { print(score.logProbability) } }
    for score in try scorer.finish() { print(score.logProbability) }
  }

  static func inference(_ file: ModelFile) {
    let model = InferenceModel(file.model, precision: .int8)
    var state = model.initialState()
    let logits = model.advance([7, 2, 5], state: &state)  // of the token after 5
    print(logits)
  }

  static func generator(_ file: ModelFile) throws {
    var generator = try TextGenerator(file, prompt: "Once upon", random: RandomSource(seed: 1))
    while let piece = try generator.next() { print(piece.text, terminator: "") }
  }

  static func sampler() {
    let sampler = Sampler([RepetitionPenalty(1.2), Temperature(0.8), TopK(50), TopP(0.95)])
    print(sampler)
  }

  static func predictor(
    _ model: InferenceModel, _ ngrams: NGramModel, _ tokenizer: AnyTokenizer, _ ids: [Int32]
  ) throws {
    let network = CachePredictor(NeuralPredictor(model))
    var text = MixturePredictor([network, try NGramPredictor(ngrams, tokenizer: tokenizer)], weights: [0.7, 0.3])
    try text.read(ids)
    let next = try text.logProbabilities()
    print(next)
  }

  static func monteCarlo(_ model: LanguageModel) -> MixturePredictor {
    let passes = (0..<100).map { ModelPredictor(model, dropout: RandomSource(seed: 1, stream: $0)) }
    let predictor = MixturePredictor(passes)
    return predictor
  }

  static func completer(_ file: ModelFile) throws {
    var completer = try Completer(NeuralPredictor(InferenceModel(file.model)), tokenizer: file.tokenizer)
    try completer.read("the cat ")
    for suggestion in try completer.suggestions(prefix: "s", count: 3) { print(suggestion.text) }
  }

  static func generationBatch(_ model: InferenceModel, _ stream: GenerationStream, _ predictor: NeuralPredictor) throws
  {
    var batch = GenerationBatch(model)
    let number = batch.join(stream, after: predictor.memory)
    while !batch.isEmpty { for step in batch.step() { print(try step.result.get().addition) } }
    _ = number
  }

  static func atomicFile(_ bytes: [UInt8]) throws {
    var file = try AtomicFile(replacing: "notes.bin")
    try file.write(unsafe bytes.span.bytes)
    try file.commit()
  }

  static func classifier() throws {
    let trainer = ClassifierTrainer(ClassifierSettings(.perClass))
    let classifier = try trainer.train(LabelledText(at: "train.tsv")).classifier
    let prediction = try classifier.predict("WIN a prize! Call now")
    print(prediction.label, prediction.probability)
  }

  static func schedules() {
    let halving = LearningRateSchedule.halving(from: 1, after: 5)
    let cosine = LearningRateSchedule.cosine(from: 0.001, over: .epochs(10)).warmingUp(over: .steps(500))
    print(halving, cosine)
  }

  static func optimizers() {
    let adam = OptimizerConfiguration.adam
    let momentum = OptimizerConfiguration(SGD(momentum: 0.9))
    print(adam, momentum)
  }

  static func rules(_ path: String) throws {
    let rules = OptimizerRules.standard.adding(SignDescent())
    let state = try TrainingStateFile(contentsOf: path, rules: rules)
    print(state)
  }

  static func batches(_ trainer: Trainer, _ model: inout LanguageModel, _ ids: [Int32]) throws {
    let windows = TokenWindows(ids, length: 100)
    let batches = Dataset(windows).shuffle(buffer: 10_000, seed: 1).batch(64, remainder: .drop)
      .map(Batch.init(windows:))
    try trainer.train(&model, on: EpochBatches(batches.prefetch(), count: windows.count / 64, batchSize: 64))
  }

  static func layer(_ x: Variable) {
    var random = RandomSource(seed: 1)
    let layer = RecurrentLayer(.lstm(256), inputSize: 100, initializer: .uniform(0.1), using: &random)
    let (output, state) = layer(SequenceBatch(x), state: layer.zeroState(batchSize: 32))
    print(output, state)
  }

  static func safetensors() throws {
    var file = SafetensorsFile(metadata: ["format": "pt"])
    file["output.bias"] = StoredTensor(Tensor([0, 1, 2]))
    try file.write(to: "model.safetensors")
    let bias = try SafetensorsFile(contentsOf: "model.safetensors").tensor(named: "output.bias", shape: [3])
    print(bias)
  }

  static func kinds() throws {
    let kinds = ModelKinds.standard.adding(.leaky)
    let file = try ModelFile(contentsOf: "model.safetensors", kinds: kinds)
    print(file)
  }

  static func textTokens(_ tokenizer: AnyTokenizer, _ lines: [String]) throws -> [TextToken] {
    var tokens: [TextToken] = []
    var text = TextTokens(tokenizer)
    for (index, line) in lines.enumerated() { tokens += try text.append(line, number: index + 1) }
    tokens += try text.finish()
    return tokens
  }

  static func wordSurprisals(_ file: ModelFile) throws {
    var words = WordSurprisals(InferenceModel(file.model), tokenizer: file.tokenizer)
    for entry in try words.append("the cat sat", number: 1) { print(entry.word?.text ?? "line end", entry.bits) }
  }

  static func wordAligner(_ tokenizer: AnyTokenizer) throws {
    var (text, words) = (TextTokens(tokenizer), WordAligner(tokenizer))
    let tokens = try text.append("the cat sat", number: 1)
    try words.append("the cat sat", number: 1)
    for token in tokens { print(try words.word(of: token)?.text ?? "") }
  }

  static func nBestLists() throws {
    var reader = try NBestReader(["lists.txt"])
    while let list = try reader.next() { print(list.id, list.hypotheses.count) }
  }

  static func pyTorchFile() throws {
    let file = try PyTorchFile(contentsOf: "model.pt")
    for (name, tensor) in file.tensors { print(name, tensor.shape) }
  }

  static func dataset(_ ids: [Int32]) {
    let batches = Dataset(TokenWindows(ids, length: 100))
      .shuffle(buffer: 10_000, seed: 1)
      .batch(64, remainder: .drop)
      .map(Batch.init(windows:))
      .prefetch(2)
    for epoch in 0..<20 {
      for batch in batches.pass(epoch) { print(batch.targetCount) }
    }
  }
}

struct DocumentationExampleTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The lines without their indentation and comments, joined by line feeds.
  private static func code(_ lines: [Substring]) -> String {
    lines.map { line in
      let code = line.range(of: " // ").map { line[..<$0.lowerBound] } ?? line
      return code.trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }

  @Test("Every example in a doc comment is compiled")
  func compiled() throws {
    let files = FileManager.default
    let tests = Self.root.appending(path: "Tests/MynahTests")
    let skeletons = try files.contentsOfDirectory(atPath: tests.appending(path: "Skeletons").path)
    let compiled = try (["DocumentationExamples.swift"] + skeletons.map { "Skeletons/\($0)" }).map {
      Self.code(try String(contentsOf: tests.appending(path: $0), encoding: .utf8).split(separator: "\n"))
    }
    let sources = try #require(
      files.enumerator(at: Self.root.appending(path: "Sources"), includingPropertiesForKeys: []))
    var count = 0
    for case let url as URL in sources where url.pathExtension == "swift" {
      let text = try String(contentsOf: url, encoding: .utf8)
      for match in text.matches(of: /\/\/\/ ```swift\n((?s:.*?))\/\/\/ ```/) {
        let lines = match.output.1.split(separator: "\n").map { line in
          line.drop { $0 == " " }.dropFirst(3)
        }
        let example = Self.code(lines.filter { !$0.allSatisfy(\.isWhitespace) })
        count += 1
        #expect(compiled.contains { $0.contains(example) }, "\(url.lastPathComponent):\n\(example)")
      }
    }
    #expect(count > 20)
  }
}
