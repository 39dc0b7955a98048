import Foundation
import Mynah
import TestSupport
import Testing

@Suite("Text models")
struct TextModelTests {
  private static let text = String(repeating: "the cat sees a dog .\nthe dog sees a cat .\n", count: 60)
  /// Trained once; tests use copies.
  private static let model = Result {
    try TextModel.train(on: Corpus(splitting: text), epochs: 3, seed: 2)
  }

  private func model() throws -> TextModel { try Self.model.get() }

  /// A folder with the text, and the path of a model file.
  private struct Files {
    let folder = Result { try TemporaryFolder() }
    let text, file: URL

    init() throws {
      let folder = try folder.get()
      text = URL(filePath: try folder.write(TextModelTests.text.utf8, to: "text.txt"))
      file = URL(filePath: folder.path + "/text.safetensors")
    }

    /// The path of the training state.
    var state: String { TrainingFiles.statePath(beside: file.path(percentEncoded: false)) }

    func training(epochs: Int = 3, seed: UInt64 = 2) throws -> TextTraining {
      try TextModel.training(on: text, writingTo: file, epochs: epochs, seed: seed)
    }

    func remove() { try? folder.get().remove() }
  }

  /// Checks that the model in a file has the weights of the model that was trained in the foreground.
  private func expectSameModel(in file: URL, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let weights = try [TextModel(contentsOf: file), model()].map { $0.file.model.parameters.map { $0.value } }
    #expect(weights[0] == weights[1], sourceLocation: sourceLocation)
  }

  @Test("Training on a file gives the same model as training on its text, and reports each epoch")
  func training() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let url = URL(filePath: try folder.write(Self.text.utf8, to: "text.txt"))
    var epochs: [String] = []
    let trained = try TextModel.train(on: url, epochs: 3, seed: 2) { epochs.append("\($0)") }
    #expect(epochs.count == 3 && epochs[0].hasPrefix("epoch 1: perplexity "))
    let weights = try [trained, model()].map { $0.file.model.parameters.map { $0.value } }
    #expect(weights[0] == weights[1])
    #expect(try trained.evaluate(Self.text).perplexity < 4)
    #expect(throws: TrainingError.self) { try TextModel.train(on: url, shouldStop: { true }) }
  }

  @Test("A background run reports its progress and writes the model that a foreground run returns")
  func background() async throws {
    let files = try Files()
    defer { files.remove() }
    var (steps, epochs) = (0, [Int]())
    for try await progress in try files.training() {
      switch progress {
      case .step: steps += 1
      case .epoch(let epoch): epochs.append(epoch.epoch)
      }
    }
    #expect(steps > 3 && epochs == [1, 2, 3])
    try expectSameModel(in: files.file)
  }

  @Test("A cancelled run leaves a state that resumes to the same bits, and a different run is refused")
  func resumedRun() async throws {
    let files = try Files()
    defer { files.remove() }
    // Cancelling before the run starts leaves the same state even on a slow machine.
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      for try await _ in try files.training() {}
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try TrainingStateFile(contentsOf: files.state).checkpoint.step == 1)
    #expect(!FileManager.default.fileExists(atPath: files.file.path(percentEncoded: false)))
    #expect(throws: TrainingError.self) { try files.training(seed: 3) }
    for try await _ in try files.training() {}
    try expectSameModel(in: files.file)
  }

  /// More epochs than any machine trains while a test runs, however long its tasks wait for a thread.
  private static let endless = 100_000_000

  @Test("When the loop over a cancelled run ends, the run has ended with a state to resume from")
  func cancelledRun() async throws {
    let files = try Files()
    defer { files.remove() }
    let task = Task {
      for try await _ in try files.training(epochs: Self.endless) {
        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try TrainingStateFile(contentsOf: files.state).checkpoint.epoch < Self.endless)
  }

  @Test("Leaving the loop over a run ends the run, with a state to resume from")
  func leftRun() async throws {
    let files = try Files()
    defer { files.remove() }
    for try await _ in try files.training(epochs: Self.endless) { break }
    // A run that went on would write another state after each epoch, every few milliseconds.
    var (states, count) = ([Data?](), 0)
    repeat {
      try await Task.sleep(for: .milliseconds(200))
      states = states.suffix(1) + [FileManager.default.contents(atPath: files.state)]
      count += 1
    } while count < 50 && (states.count < 2 || states[1] == nil || states[0] != states[1])
    #expect(states.count == 2 && states[1] != nil && states[0] == states[1])
    #expect(try TrainingStateFile(contentsOf: files.state).checkpoint.epoch < Self.endless)
  }

  @Test("The default tokenizer depends on the text: words if it is prepared, characters if short and natural")
  func chosenTokenizer() throws {
    #expect(try model().tokenizer.kind == "word")
    let natural = String(repeating: "The cat sees a dog. It barks!\n", count: 20)
    let short = try TextModel.train(on: natural, epochs: 1)
    #expect(short.tokenizer.kind == "character")
    let words = try TextModel.train(on: natural, tokenizer: .wordsAndPunctuation, epochs: 1)
    #expect(try words.tokenizer.decode(words.tokenizer.encode(natural).ids) == natural)
  }

  @Test("A text is completed with words, including an unfinished last word")
  func completion() throws {
    #expect(try model().complete("the c", count: 1).map(\.text) == ["cat"])
    #expect(try model().complete("the ", count: 2).count == 2)
    #expect(try model().complete("", count: 0).isEmpty)
  }

  @Test("A classifier is trained on a file, written, read and run with one statement each")
  func classification() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let lines = (0..<12).map { "spam\twin a prize now \($0)\nham\tsee you at home \($0)\n" }.joined()
    let texts = URL(filePath: try folder.write(lines.utf8, to: "texts.tsv"))
    let file = URL(filePath: folder.path + "/spam.classifier")
    try TextClassifier.train(on: texts, method: .naiveBayes).write(to: file)
    #expect(try TextClassifier(contentsOf: file).predict("win a prize").label == "spam")
  }

  @Test("A model that is written and read again is the same")
  func file() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let url = URL(filePath: folder.path + "/a model.safetensors")
    try model().write(to: url)
    let read = try TextModel(contentsOf: url)
    #expect(try read.logProbability(of: "the cat sees") == model().logProbability(of: "the cat sees"))
    let rounded = try TextModel(contentsOf: url, precision: .int8)
    #expect(try rounded.logProbability(of: "the cat sees") != read.logProbability(of: "the cat sees"))
  }

  @Test("Token scores add up to the line's score, and neighbours are found for known tokens only")
  func measuring() throws {
    let score = try model().score("the cat sees a dog .")
    let tokens = try #require(score.tokens)
    #expect(tokens.count == 7)
    #expect(abs(tokens.reduce(0) { $0 + $1.logProbability } - score.logProbability) < 1e-9)
    #expect(try model().neighbours(of: "cat", count: 2).count == 2)
    #expect(throws: TextError.unknownString("zebra")) { try model().neighbours(of: "zebra") }
  }

  @Test("A seed always gives the same text, and completions continue a text")
  func writing() async throws {
    let options = GenerationOptions(length: 12, temperature: 0.8, topP: 0.9)
    let sequence = try model().generate("the", options, seed: 5)
    var texts = ["", ""]
    for index in texts.indices { for try await piece in sequence { texts[index] += piece.text } }
    #expect(texts[0] == texts[1] && !texts[0].isEmpty)
    var typing = try model().completer()
    try typing.read("the ")
    #expect(try typing.suggestions(prefix: "c", count: 1).map(\.text) == ["cat"])
  }

  @Test("Four tasks that use copies of a model at the same time get the same results")
  func tasks() async throws {
    let model = try model()
    let options = GenerationOptions(length: 40, temperature: 1)
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 {
        group.addTask { try await model.generate("a", options, seed: 9).reduce(into: "") { $0 += $1.text } }
      }
      return try await group.reduce(into: [String]()) { $0.append($1) }
    }
    #expect(texts.count == 4 && Set(texts).count == 1)
  }

  @Test("Cancelling a task ends text generation")
  func cancellation() async throws {
    let model = try model()
    let task = Task {
      for try await _ in model.generate("the", GenerationOptions(length: 1_000_000_000, temperature: 1), seed: 1) {}
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
