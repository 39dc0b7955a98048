import Foundation
import Mynah

// Train on a text, and keep the model.
let trained = try TextModel.train(on: URL(filePath: "Examples/Texts/sentences.txt"), epochs: 4) { print($0) }
let file = FileManager.default.temporaryDirectory.appending(path: "notes-\(UUID()).safetensors")
try trained.write(to: file)

// Measure and score, with weights of a quarter of the size.
let model = try TextModel(contentsOf: file, precision: .int8)
print("perplexity", try model.evaluate("the dog sees a cat .").perplexity)
print("ln p", try model.logProbability(of: "a friendly dog sleeps ."))

// Complete what is typed.
var typing = try model.completer()
try typing.read("a friendly ")
print(try typing.suggestions(prefix: "d", count: 3).map(\.text))

// Generate.
for try await piece in model.generate("a friendly", .init(length: 30, temperature: 0.8, topP: 0.9), seed: 1) {
  print(piece.text, terminator: "")
}
print()

// Classify.
let texts = LabelledText((1...50).flatMap { [("bill", "please pay \($0) euros"), ("friend", "dinner at \($0) ?")] })
let (classifier, _) = try ClassifierTrainer(ClassifierSettings(.naiveBayes)).train(texts)
print(try classifier.predict("please pay the dinner").label)
try FileManager.default.removeItem(at: file)
