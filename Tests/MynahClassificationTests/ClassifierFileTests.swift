import MynahClassification
import MynahModels
import MynahTensors
import TestSupport
import Testing

@Suite("Classifier files")
struct ClassifierFileTests {
  private func classifier(_ method: ClassificationMethod) throws -> TextClassifier {
    try ClassifierTrainer(Samples.settings(method)).train(Samples.messages(60)).classifier
  }

  @Test(
    "A classifier is read back with the same bits and written again with the same bytes",
    arguments: ClassificationMethod.allCases)
  func roundTrip(method: ClassificationMethod) throws {
    let folder = try ScratchFolder()
    var original = try classifier(method)
    original.notes["training"] = "{}"
    try original.write(to: folder("one"))
    let read = try TextClassifier(contentsOf: folder("one"))
    for text in ["", "win a prize", "see you at home 12"] {
      #expect(try original.predict(text) == read.predict(text))
    }
    #expect(read.method == method && read.labels == original.labels && read.notes == original.notes)
    try read.write(to: folder("two"))
    #expect(try folder.bytes(of: "one") == folder.bytes(of: "two"))
  }

  @Test(
    "Invalid labels, members and methods in the metadata are errors",
    arguments: [
      ("labels", #"["ham"]"#), ("labels", #"["ham","ham"]"#), ("labels", #"["a","b","c"]"#), ("members", "[]"),
      ("members", "{"), ("method", #""guess""#),
    ])
  func damaged(key: String, text: String) throws {
    let folder = try ScratchFolder()
    try classifier(.perClass).write(to: folder("file"))
    var file = try SafetensorsFile(contentsOf: folder("file"))
    file.metadata[key] = text
    #expect(throws: CheckpointError.self) { try TextClassifier(file) }
  }

  @Test("Invalid numbers in the metadata and missing tensors are errors")
  func numbers() throws {
    let folder = try ScratchFolder()
    let changes: [(ClassificationMethod, String, String)] = [
      (.perClass, #""scale":"#, #""scale":-"#), (.perClass, #""maximumTokenCount":1024"#, #""maximumTokenCount":-1"#),
      (.perClass, #""hiddenSize":12"#, #""hiddenSize":13"#),
      (.fineTune, #""pooling":["last","mean","max"]"#, #""pooling":[]"#),
      (.fineTune, #""pooling":["last","mean","max"]"#, #""pooling":["last"]"#),
      (.fineTune, #""ngramBucketCount":64"#, #""ngramBucketCount":0"#),
      (.fineTune, #""ngramBucketCount":64"#, #""ngramBucketCount":65"#),
      (.fineTune, #""vocabularySize":"#, #""vocabularySize":1"#),
      (.naiveBayes, #""textCounts":["#, #""textCounts":[0,"#),
      (.naiveBayes, #""smoothing":1"#, #""smoothing":-1"#),
    ]
    for method in ClassificationMethod.allCases {
      try classifier(method).write(to: folder("file"))
      let file = try SafetensorsFile(contentsOf: folder("file"))
      for (_, old, new) in changes.filter({ $0.0 == method }) {
        let text = try file.text(of: "members")
        try #require(text.contains(old), "\(old)")
        var changed = file
        changed.metadata["members"] = text.replacing(old, with: new)
        #expect(throws: CheckpointError.self, "\(new)") { try TextClassifier(changed) }
      }
      for name in file.names {
        var changed = file
        changed[name] = nil
        #expect(throws: CheckpointError.self, "\(name)") { try TextClassifier(changed) }
      }
    }
  }

  @Test("Negative counts are errors")
  func negativeCounts() throws {
    let folder = try ScratchFolder()
    try classifier(.naiveBayes).write(to: folder("file"))
    var file = try SafetensorsFile(contentsOf: folder("file"))
    let shape = try #require(file["0.counts"]?.shape)
    file["0.counts"] = StoredTensor([Int32](repeating: -1, count: shape.elementCount), shape: shape)
    #expect(throws: CheckpointError.self) { try TextClassifier(file) }
  }

  @Test("A language model cannot be opened as a classifier, nor a classifier as a language model")
  func kinds() throws {
    let folder = try ScratchFolder()
    try classifier(.naiveBayes).write(to: folder("classifier"))
    let reverse = #expect(throws: CheckpointError.self) { try ModelFile(contentsOf: folder("classifier")) }
    #expect(reverse?.description.contains("should be a model file but is a classifier") == true, "\(reverse)")
    var file = try SafetensorsFile(contentsOf: folder("classifier"))
    file.metadata["mynah"] = "model"
    let error = #expect(throws: CheckpointError.self) { try TextClassifier(file) }
    #expect(error?.description.contains("should be a classifier but is a model file") == true, "\(error)")
  }
}
