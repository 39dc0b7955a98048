import Mynah

/// Short examples that import only `Mynah`; this file only compiles them.
private enum FacadeExamples {
  static func textModel() async throws {
    let model = try TextModel.train(on: URL(filePath: "notes.txt")) { print($0) }
    try model.write(to: URL(filePath: "notes.safetensors"))
  }

  static func use() async throws {
    let model = try TextModel(contentsOf: URL(filePath: "notes.safetensors"), precision: .int8)
    print(try model.evaluate("some text").perplexity)
    print(try model.logProbability(of: "A sentence."))
    for try await piece in model.generate("Once upon", .init(length: 80, temperature: 0.8, topP: 0.9)) {
      print(piece.text, terminator: "")
    }
    var typing = try model.completer()
    try typing.read("a friendly ")
    print(try typing.suggestions(prefix: "p", count: 3))
    print(try model.complete("a friendly p"))
    let classifier = try TextClassifier.train(on: URL(filePath: "messages.tsv"))
    print(try classifier.predict("win a prize").label)
  }

  static func background() async throws {
    let (notes, file) = (URL(filePath: "notes.txt"), URL(filePath: "notes.safetensors"))
    for try await progress in try TextModel.training(on: notes, writingTo: file) { print(progress) }
  }

  static func configuration() -> LanguageModelConfiguration {
    LanguageModelConfiguration(
      vocabulary: 10_000, embedding: 400, layers: [.lstm(1150), .lstm(1150), .lstm(400)],
      output: .softmax(tied: true),
      dropout: .init(embedding: 0.1, input: 0.4, hidden: 0.25, output: 0.4, weights: 0.5, isVariational: true))
  }
}
