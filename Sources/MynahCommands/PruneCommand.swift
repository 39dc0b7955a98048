import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahText

/// `mynah prune`: a model with a smaller vocabulary.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Reduce the vocabulary of a model of words or characters.",
    discussion: """
      Keeps the first tokens of the vocabulary, which are the most frequent ones of the training text, and <unk>, \
      <eos> and padding. With --text, keeps the most frequent tokens of that text instead. The other tokens become \
      unknown. The weights of the kept tokens do not change.

        mynah prune notes.safetensors --vocabulary 5000
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The number of tokens to keep.", valueName: "size"),
    transform: Bounded.integer(2...16_777_216))
  var vocabulary: Int

  @Option(
    help: ArgumentHelp("Keep the most frequent tokens of this text.", valueName: "file"), completion: .file(),
    transform: Bounded.path)
  var text: String?

  @Option(
    help: ArgumentHelp("The pruned model file. (default: the model's path with -pruned)", valueName: "file"),
    completion: .file(), transform: Bounded.path)
  var output: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  mutating func run() throws {
    let url = URL(filePath: model)
    let path =
      output
      ?? url.deletingPathExtension().path(percentEncoded: false) + "-pruned."
      + (url.pathExtension.isEmpty ? "safetensors" : url.pathExtension)
    try NewFile.check(path, overwriting: overwrite)
    var file = try ModelFile(contentsOf: model)
    guard file.precision == .float32 else {
      throw CommandError.roundedModel(path: model, precision: file.precision)
    }
    let own = file.tokenizer.vocabulary
    guard vocabulary < own.count else {
      throw ValidationError(
        "expected a --vocabulary smaller than the model's \(own.count.grouped) tokens, found \(vocabulary)")
    }
    guard own.unknownID != nil else {
      throw ValidationError(
        "the vocabulary of \(model.quoted()) has no <unk>, which would represent the tokens that are removed")
    }
    let ids = try keptIDs(file.tokenizer)
    let tokens = try Vocabulary(tokens: ids.map { own[$0] })
    switch file.tokenizer {
    case .word(let tokenizer):
      file.tokenizer = .word(
        WordTokenizer(vocabulary: tokens, lineEnd: tokenizer.lineEnd, form: tokenizer.form))
    case .character: file.tokenizer = .character(try CharacterTokenizer(vocabulary: tokens))
    case .wordsAndPunctuation: file.tokenizer = .wordsAndPunctuation(PunctuationTokenizer(vocabulary: tokens))
    case let tokenizer: throw TextError.notExtensible(kind: tokenizer.kind)
    }
    let before = file.model.parameterCount
    do throws(ModelError) {
      file.model = try file.model.keepingTokens(ids)
    } catch {
      throw ValidationError(error.description)
    }
    try file.write(to: path)
    try StandardOutput.write(
      "\(path): \(ids.count.grouped) of \(own.count.grouped) tokens, \(file.model.parameterCount.grouped) of "
        + "\(before.grouped) parameters\n")
  }

  /// The ids of the tokens to keep, ascending.
  private func keptIDs(_ tokenizer: AnyTokenizer) throws -> [Int32] {
    let own = tokenizer.vocabulary
    let special = Set(
      own.textlessIDs + [tokenizer.endOfSentenceID, own.endOfSentenceID].compactMap(\.self))
    var counts = [Int](repeating: 0, count: own.count)
    if let text {
      for id in try tokenizer.encode(TextFile(at: text, invalidBytes: tokenizer.invalidBytes).text).ids {
        counts[Int(id)] += 1
      }
    }
    let ranked = (0..<Int32(own.count)).filter { !special.contains($0) }
      .sorted { (counts[Int($1)], $0) < (counts[Int($0)], $1) }
    return (special + ranked.prefix(max(0, vocabulary - special.count))).sorted()
  }
}
