public import Foundation
public import MynahInference
public import MynahModels
public import MynahText
public import MynahTraining

/// A language model of text, with its tokenizer: the simplest way to train, store and use one.
///
/// ```swift
/// let model = try TextModel.train(on: URL(filePath: "notes.txt")) { print($0) }
/// try model.write(to: URL(filePath: "notes.safetensors"))
/// print(try model.evaluate("some text").perplexity)
/// for try await piece in model.generate("Once upon", .init(length: 80, temperature: 0.8, topP: 0.9)) {
///   print(piece.text, terminator: "")
/// }
/// ```
///
/// A text model is a value; tasks may use copies of it concurrently. For everything else, use `ModelFile` and
/// `InferenceModel`, which are accessible as `file` and `network`.
public struct TextModel: Sendable {
  /// The model, its tokenizer and the positions at which the state is reset.
  public let file: ModelFile
  /// The packed weights.
  public let network: InferenceModel

  /// The tokenizer.
  public var tokenizer: AnyTokenizer { file.tokenizer }

  /// Creates a text model from the contents of a model file.
  ///
  /// - Parameter precision: The precision of the packed weights; nil for that of the file.
  public init(_ file: ModelFile, precision: WeightPrecision? = nil) {
    self.file = file
    network = InferenceModel(file.model, precision: precision ?? file.precision)
  }

  /// Reads a model file.
  ///
  /// - Parameter precision: The precision of the packed weights; nil for that of the file.
  /// - Throws: `FileError`, `CheckpointError`.
  public init(contentsOf url: URL, precision: WeightPrecision? = nil) throws {
    self.init(try ModelFile(contentsOf: url.path(percentEncoded: false)), precision: precision)
  }

  /// Writes a model file, which `TextModel(contentsOf:)` reads.
  ///
  /// - Throws: `FileError`; an existing file is then unchanged.
  public func write(to url: URL) throws { try file.write(to: url.path(percentEncoded: false)) }
}

// MARK: Training

extension TextModel {
  /// Trains a model on a text file or a folder, with the settings of `TrainingDefaults`.
  ///
  /// - Parameters:
  ///   - url: The text; see `Corpus(at:)`.
  ///   - kind: The kind of the tokenizer; nil for the one that `TokenizerChoice` chooses for the text.
  ///   - epochs: The number of passes over the text; nil for the default, which depends on the length of the text.
  ///   - seed: The random seed: equal seeds give bit-identical models on the same instruction set.
  ///   - report: Called with the figures of each epoch, on the calling thread; an error that it throws ends training.
  ///   - shouldStop: Called before each step; if it returns true, training ends with `TrainingError.interrupted`.
  /// - Returns: The model of the epoch with the lowest validation loss.
  /// - Throws: `FileError`, `TextError`, `TrainingError`, or an error thrown by `report`.
  public static func train(
    on url: URL, tokenizer kind: TokenizerKind? = nil, epochs: Int? = nil, seed: UInt64 = 1,
    report: (EpochReport) throws -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> TextModel {
    let corpus = try Corpus(at: [url.path(percentEncoded: false)], invalidBytes: kind == .byte ? .kept : .refused)
    return try train(on: corpus, tokenizer: kind, epochs: epochs, seed: seed, report: report, shouldStop: shouldStop)
  }

  /// Trains a model on a text in memory; see `train(on:tokenizer:epochs:seed:report:shouldStop:)`.
  ///
  /// - Throws: `TextError`, `TrainingError`, or an error thrown by `report`.
  public static func train(
    on text: String, tokenizer kind: TokenizerKind? = nil, epochs: Int? = nil, seed: UInt64 = 1,
    report: (EpochReport) throws -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> TextModel {
    try train(
      on: Corpus(splitting: text), tokenizer: kind, epochs: epochs, seed: seed, report: report, shouldStop: shouldStop)
  }

  /// Trains a model on a corpus; see `train(on:tokenizer:epochs:seed:report:shouldStop:)`.
  ///
  /// - Throws: `TextError`, `TrainingError`, or an error thrown by `report`.
  public static func train(
    on corpus: Corpus, tokenizer kind: TokenizerKind? = nil, epochs: Int? = nil, seed: UInt64 = 1,
    report: (EpochReport) throws -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> TextModel {
    let run = try TextTrainingRun(on: corpus, tokenizer: kind, epochs: epochs, seed: seed, modelPath: nil)
    return try run.train(shouldStop: shouldStop) { event in
      if case .epoch(let epoch) = event { try report(epoch) }
    }
  }

  /// Trains a model in the background, with its progress as an asynchronous sequence, and writes it to a file.
  ///
  /// ```swift
  /// for try await progress in try TextModel.training(on: notes, writingTo: file) { print(progress) }
  /// let model = try TextModel(contentsOf: file)
  /// ```
  ///
  /// If the task that iterates is cancelled, training ends after the current step, and a training state is written next
  /// to the model file. A call with the same arguments then resumes the run; the resulting model is bit-identical to
  /// that of an uninterrupted run.
  ///
  /// - Parameters:
  ///   - url: The text; see `Corpus(at:)`.
  ///   - file: The model file, which is written after each epoch.
  ///   - kind: The kind of the tokenizer; nil for the one that `TokenizerChoice` chooses for the text.
  ///   - epochs: The number of passes over the text; nil for the default, which depends on the length of the text.
  ///   - seed: The random seed.
  /// - Throws: `FileError`, `TextError`; `CheckpointError` if there is a training state that cannot be read, or
  ///   `TrainingError.otherRun` if it belongs to another run.
  public static func training(
    on url: URL, writingTo file: URL, tokenizer kind: TokenizerKind? = nil, epochs: Int? = nil, seed: UInt64 = 1
  ) throws -> TextTraining {
    let corpus = try Corpus(at: [url.path(percentEncoded: false)], invalidBytes: kind == .byte ? .kept : .refused)
    return TextTraining(
      run: try TextTrainingRun(
        on: corpus, tokenizer: kind, epochs: epochs, seed: seed, modelPath: file.path(percentEncoded: false)))
  }
}

// MARK: Measuring

extension TextModel {
  /// Returns the perplexity of a text and other figures; every token is predicted if the vocabulary has a line end.
  ///
  /// - Throws: `InferenceError.nothingToPredict`, `TextError.unknownToken`, `InferenceError.notFinite`.
  public func evaluate(_ text: String) throws -> PerplexityReport {
    try network.perplexity(of: text, tokenizer: tokenizer, policy: file.statePolicy)
  }

  /// Returns ln p of a line at the beginning of a text, including the line end if that is a token.
  ///
  /// - Throws: `TextError.unknownToken`, `InferenceError.notFinite`.
  public func logProbability(of line: String) throws -> Double { try score(line).logProbability }

  /// Returns the score of a line at the beginning of a text, with the score of each token.
  ///
  /// - Throws: `TextError.unknownToken`, `InferenceError.notFinite`.
  public func score(_ line: String) throws -> LineScore {
    try TextScorer(network, tokenizer: tokenizer, includingTokens: true).score(line)
  }

  /// Returns the tokens whose embeddings are nearest to the embedding of a token by cosine similarity, nearest first.
  ///
  /// - Throws: `TextError.unknownString` if the token is not in the vocabulary.
  public func neighbours(of token: String, count: Int = 10) throws(TextError) -> [(token: String, similarity: Double)] {
    guard let id = tokenizer.vocabulary.id(of: token) else { throw .unknownString(token) }
    return Neighbours(file.model.embedding).nearest(to: id, count: count)
      .map { (tokenizer.vocabulary[$0.id], $0.similarity) }
  }
}

// MARK: Writing

extension TextModel {
  /// A piece of a generated text.
  public struct Piece: Hashable, Sendable {
    /// The token.
    public let id: Int32
    /// The text that it adds; empty while a character is incomplete.
    public let text: String
  }

  /// Generates a text token by token.
  ///
  /// Each iteration generates the same text. The task that iterates does the work; if it is cancelled, the sequence
  /// throws `CancellationError`.
  ///
  /// - Parameters:
  ///   - prompt: The beginning of the text, which is not repeated.
  ///   - options: The sampling and the length.
  ///   - seed: The random seed; nil for a different text each time this is called.
  public func generate(
    _ prompt: String = "", _ options: GenerationOptions = GenerationOptions(), seed: UInt64? = nil
  ) -> GeneratedText {
    GeneratedText(model: self, prompt: prompt, options: options, seed: seed ?? .random(in: 0...(.max)))
  }

  /// Returns the most probable words that end a text, most probable first.
  ///
  /// - Parameters:
  ///   - text: The text; its last word is completed, or a new one begins after white space.
  ///   - count: The maximum number of words.
  /// - Throws: `InferenceError.noCompletion` if the tokens are pieces of words of a `tokenizer.json`;
  ///   `TextError.unknownToken`, `InferenceError.notFinite`.
  public func complete(_ text: String, count: Int = 3) throws -> [Suggestion] {
    let start = text.lastIndex { $0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
    var completer = try completer()
    try completer.read(String(text[..<start]))
    return try completer.suggestions(prefix: String(text[start...]), count: count)
  }

  /// Suggests completions of words while they are typed.
  ///
  /// - Throws: `InferenceError.noCompletion` if the tokens are pieces of words of a `tokenizer.json`.
  public func completer(ignoringCase: Bool = false) throws -> Completer {
    try Completer(
      NeuralPredictor(network), tokenizer: tokenizer, policy: file.statePolicy, ignoresCase: ignoringCase)
  }

  /// A sequence that generates the pieces of a text on demand.
  public struct GeneratedText: AsyncSequence, Sendable {
    fileprivate let model: TextModel, prompt: String, options: GenerationOptions, seed: UInt64

    public func makeAsyncIterator() -> Iterator { Iterator(text: self) }

    /// Generates the pieces of a text.
    public struct Iterator: AsyncIteratorProtocol {
      fileprivate let text: GeneratedText
      private var generator: TextGenerator?

      fileprivate init(text: GeneratedText) { self.text = text }

      /// Returns the next piece; nil at the end of the text.
      ///
      /// - Throws: `TextError`, `InferenceError`, `CancellationError`.
      public mutating func next() async throws -> Piece? {
        try Task.checkCancellation()
        if generator == nil {
          var options = text.options
          options.statePolicy = options.statePolicy ?? text.model.file.statePolicy
          generator = try TextGenerator(
            text.model.network, tokenizer: text.model.tokenizer, prompt: text.prompt, options: options,
            random: RandomSource(seed: text.seed))
        }
        return try generator?.next().map { Piece(id: $0.id, text: $0.text) }
      }
    }
  }
}
