import MynahClassification
import MynahModels
import MynahTensors
import MynahText
import Synchronization
import TestSupport
import Testing

@Suite("Training classifiers")
struct ClassifierTrainerTests {
  @Test("Every method learns the labels", arguments: ClassificationMethod.allCases)
  func learns(method: ClassificationMethod) throws {
    let (classifier, validation) = try ClassifierTrainer(Samples.settings(method)).train(Samples.messages(240))
    let report = try classifier.evaluate(Samples.messages(90, seed: 2))
    #expect(report.f1(of: 1) > 0.9 && report.accuracy > 0.9, "\(report)")
    #expect(classifier.labels == ["ham", "spam"] && validation.count == 24 * classifier.members.count)
    let prediction = try classifier.predict("win a free prize")
    #expect(prediction.label == "spam" && abs(prediction.probabilities.reduce(0, +) - 1) < 1e-12)
  }

  @Test(
    "The same seed gives the same bits on any number of threads", arguments: [ClassificationMethod.perClass, .fineTune])
  func determinism(method: ClassificationMethod) throws {
    func bits(threads: Int, seed: UInt64) throws -> [[Double]] {
      var settings = Samples.settings(method)
      settings.seed = seed
      let text = Samples.messages(60)
      let trained = try ThreadTeam.$current.withValue(ThreadTeam(threadCount: threads)) {
        try ClassifierTrainer(settings).train(text)
      }
      return try text.examples.prefix(9).map { try trained.classifier.predict($0.text).probabilities }
    }
    let first = try bits(threads: 1, seed: 1)
    #expect(try first == bits(threads: 3, seed: 1))
    #expect(try first != bits(threads: 1, seed: 2))
  }

  @Test("Training starts from a given language model and uses its tokenizer")
  func fromModel() throws {
    let tokenizer = AnyTokenizer(.character, training: "abcdefghijklmnopqrstuvwxyz !0123456789\n")
    var random = RandomSource(seed: 1)
    let model = LanguageModel(
      LanguageModelConfiguration(
        vocabulary: tokenizer.vocabulary.count, embedding: 5, layers: [.gru(7), .gru(7)]), using: &random)
    var settings = Samples.settings(.fineTune)
    settings.readings = [settings.readings[0]]
    var trainer = ClassifierTrainer(settings)
    trainer.languageModel = ModelFile(model: model, tokenizer: tokenizer)
    let member = try trainer.train(Samples.messages(40)).classifier.members[0]
    #expect(member.tokenizer.tokenizer == tokenizer && member.tokenizer.form == .asWritten)
    guard case .recurrent(let classifier) = member.model else {
      Issue.record("expected a recurrent classifier")
      return
    }
    #expect(classifier.forward.outputSize == 12 && classifier.output.weight.shape == [2, 72])
  }

  @Test("Unsuitable texts, settings and labels are errors")
  func refusals() throws {
    let trainer = ClassifierTrainer(Samples.settings(.naiveBayes))
    #expect(throws: ClassificationError.oneClass(path: "", label: "a")) {
      try trainer.train(LabelledText([("a", "x"), ("a", "y")]))
    }
    #expect(throws: ClassificationError.tooFewTexts(path: "", label: "b", count: 1, needed: 2)) {
      try trainer.train(LabelledText([("a", "x"), ("a", "y"), ("b", "z")]))
    }
    var settings = Samples.settings(.fineTune)
    settings.learningRate = .nan
    let error = #expect(throws: ClassificationError.self) {
      try ClassifierTrainer(settings).train(Samples.messages(20))
    }
    #expect(error?.description.contains("learning rates must be positive") == true)
    let classifier = try trainer.train(Samples.messages(20)).classifier
    let unknown = #expect(throws: ClassificationError.self) { try classifier.evaluate(LabelledText([("x", "y")])) }
    #expect(unknown?.description.contains("'ham', 'spam', in line 1") == true, "\(unknown)")
  }

  @Test("Two texts of each label are enough", arguments: ClassificationMethod.allCases)
  func fewest(method: ClassificationMethod) throws {
    let text = LabelledText([("a", "x y"), ("a", "x"), ("b", "z"), ("b", "z w")])
    let classifier = try ClassifierTrainer(Samples.settings(method)).train(text).classifier
    for text in ["", "x", "\u{0}", String(repeating: "q ", count: 3000)] {
      #expect(try classifier.predict(text).probabilities.allSatisfy { $0.isFinite })
    }
  }

  @Test("A run can be interrupted", arguments: [ClassificationMethod.perClass, .fineTune], [1, 30])
  func interruption(method: ClassificationMethod, after count: Int) throws {
    let counter = Counter()
    var trainer = ClassifierTrainer(Samples.settings(method))
    trainer.shouldStop = { counter.next() >= count }
    #expect(throws: ClassificationError.interrupted) { try trainer.train(Samples.messages(100)) }
    #expect(counter.next() < count + 5)
  }

  private final class Counter: Sendable {
    private let value = Atomic(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
  }

  @Test("Members use different validation texts of each class as long as there are enough")
  func validation() {
    let classes = (0..<60).map { $0 % 6 == 0 ? 1 : 0 }
    let parts = (0..<5).map { ValidationTexts(classes: classes, share: 0.2, member: $0, seed: 3) }
    #expect(parts.allSatisfy { Set($0.learned + $0.validation) == Set(0..<60) && $0.learned.count == 48 })
    #expect(parts.allSatisfy { part in part.validation.count { classes[$0] == 1 } == 2 })
    #expect(Set(parts.flatMap(\.validation)) == Set(0..<60))
    let smallest = ValidationTexts(classes: [0, 0, 1, 1], share: 0.9, member: 7, seed: 1)
    #expect(smallest.learned.count == 2 && smallest.validation.count == 2)
  }
}
