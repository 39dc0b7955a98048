import MynahIO
public import MynahModels
import MynahTensors
import MynahText

// A classifier file is one safetensors file. Its tensors are named MEMBER.forward.…, MEMBER.class.K.…,
// MEMBER.ngrams.… or MEMBER.counts; everything else is JSON in the metadata.

extension TextClassifier {
  /// Reads a classifier file and checks that its parts are consistent.
  ///
  /// - Throws: `FileError` if the file cannot be read, `CheckpointError` if it is not a valid classifier.
  public init(contentsOf path: String) throws { try self.init(SafetensorsFile(contentsOf: path)) }

  /// Creates a classifier from the contents of a file and checks that its parts are consistent.
  ///
  /// - Throws: `CheckpointError` if the contents are not a valid classifier.
  public init(_ file: SafetensorsFile) throws {
    try file.expectKind(Key.kindOfFile)
    let method: ClassificationMethod = try file.decode(Key.method)
    let labels: [String] = try file.decode(Key.labels)
    guard labels.count > 1, Set(labels.map { Bytes($0) }).count == labels.count else {
      throw CheckpointError.unexpectedMetadata(
        path: file.path, key: Key.labels, expected: "at least two labels, each once", found: "\(labels)")
    }
    let stored: [StoredMember] = try file.decode(Key.members)
    guard !stored.isEmpty else {
      throw CheckpointError.unexpectedMetadata(
        path: file.path, key: Key.members, expected: "at least one member", found: "none")
    }
    let members = try stored.enumerated().map { index, member in
      try member.member(of: file, prefix: "\(index).", method: method, classCount: labels.count)
    }
    let notes = file.metadata.filter { !Key.all.contains($0.key) }
    self.init(method: method, labels: labels, members: members, notes: notes)
  }

  /// Writes the classifier to a file, atomically replacing an existing one.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    var file = SafetensorsFile(metadata: notes)
    file.metadata[Key.kind] = Key.kindOfFile
    file.metadata[Key.method] = try SafetensorsFile.encode(method)
    file.metadata[Key.labels] = try SafetensorsFile.encode(labels)
    file.metadata[Key.members] = try SafetensorsFile.encode(members.map { StoredMember($0) })
    for (index, member) in members.enumerated() {
      member.model.store(in: &file, prefix: "\(index).")
      member.ngrams?.store(in: &file, prefix: "\(index).ngrams.")
    }
    try file.write(to: path)
  }

  fileprivate enum Key {
    static let kind = "mynah", kindOfFile = "classifier"
    static let method = "method", labels = "labels", members = "members"
    static let all: Set = [kind, method, labels, members]
  }
}

/// The metadata of a member.
private struct StoredMember: Codable {
  let tokenizer: ClassifierTokenizer
  let calibration: Calibration
  /// The configuration of the class models, or of the readers of a recurrent classifier, which have no output layer.
  var configuration: LanguageModelConfiguration?
  var pooling: [Pooling]?
  var isBidirectional: Bool?
  /// The number of training texts of each class, for naive Bayes.
  var textCounts: [Int]?
  var smoothing: Double?
  /// B, the number of buckets; nil without an n-gram classifier.
  var ngramBucketCount: Int?

  init(_ member: TextClassifier.Member) {
    (tokenizer, calibration, ngramBucketCount) = (member.tokenizer, member.calibration, member.ngrams?.bucketCount)
    switch member.model {
    case .perClass(let models):
      configuration = models.models.first?.configuration
    case .recurrent(let classifier):
      configuration = classifier.forward.architecture.configuration
      (pooling, isBidirectional) = (classifier.pooling, classifier.backward != nil)
    case .naiveBayes(let bayes):
      (textCounts, smoothing) = (bayes.textCounts, bayes.smoothing)
    }
  }

  func member(
    of file: SafetensorsFile, prefix: String, method: ClassificationMethod, classCount: Int
  ) throws -> TextClassifier.Member {
    if let defect = calibration.defect(classCount: classCount) {
      throw damaged(file, expected: defect, found: "\(calibration)")
    }
    guard tokenizer.maximumTokenCount > 0 else {
      throw damaged(file, expected: "room for a token", found: "\(tokenizer.maximumTokenCount)")
    }
    let model: ClassifierModel =
      switch method {
      case .perClass:
        .perClass(try classModels(of: file, prefix: prefix, classCount: classCount))
      case .fineTune:
        .recurrent(try recurrentClassifier(of: file, prefix: prefix, classCount: classCount))
      case .naiveBayes:
        .naiveBayes(try naiveBayes(of: file, prefix: prefix, classCount: classCount))
      }
    return TextClassifier.Member(
      tokenizer: tokenizer, model: model, calibration: calibration,
      ngrams: try ngrams(of: file, prefix: prefix + "ngrams.", classCount: classCount))
  }

  private func ngrams(of file: SafetensorsFile, prefix: String, classCount: Int) throws -> NGramClassifier? {
    guard let ngramBucketCount else { return nil }
    guard (1...ClassifierSettings.largestBucketCount).contains(ngramBucketCount) else {
      throw damaged(
        file, expected: "1 to \(ClassifierSettings.largestBucketCount) buckets of n-grams", found: "\(ngramBucketCount)"
      )
    }
    return NGramClassifier(
      weights: try file.tensor(named: prefix + "weight", shape: [ngramBucketCount, classCount]).elements,
      biases: try file.tensor(named: prefix + "bias", shape: [classCount]).elements)
  }

  private func classModels(of file: SafetensorsFile, prefix: String, classCount: Int) throws -> ClassModels {
    let architecture = try checkedArchitecture(file)
    return ClassModels(
      try (0..<classCount).map { try LanguageModel(architecture, from: file, prefix: "\(prefix)class.\($0).") })
  }

  private func recurrentClassifier(
    of file: SafetensorsFile, prefix: String, classCount: Int
  ) throws -> RecurrentClassifier {
    let architecture = try checkedArchitecture(file)
    guard let pooling, !pooling.isEmpty else {
      throw damaged(file, expected: "at least one kind of pooling", found: "none")
    }
    let forward = try TextReader(architecture, from: file, prefix: prefix + "forward.")
    let backward =
      isBidirectional == true ? try TextReader(architecture, from: file, prefix: prefix + "backward.") : nil
    let size = pooling.count * (forward.outputSize + (backward?.outputSize ?? 0))
    return RecurrentClassifier(
      forward: forward, backward: backward, pooling: pooling,
      output: Linear(
        weight: Variable(try file.tensor(named: prefix + "output.weight", shape: [classCount, size])),
        bias: Variable(try file.tensor(named: prefix + "output.bias", shape: [classCount]))))
  }

  private func naiveBayes(of file: SafetensorsFile, prefix: String, classCount: Int) throws -> NaiveBayes {
    let wordCount = NaiveBayes.wordCount(of: tokenizer.tokenizer.vocabulary)
    let counts = try file.elements(named: prefix + "counts", as: Int32.self, shape: [classCount, wordCount])
    guard counts.allSatisfy({ $0 >= 0 }) else {
      throw CheckpointError.malformedTensor(
        path: file.path, name: prefix + "counts", expected: "counts of 0 or more", found: "\(counts.min() ?? 0)")
    }
    guard let textCounts, textCounts.count == classCount, textCounts.allSatisfy({ $0 > 0 }),
      let smoothing, smoothing > 0, smoothing.isFinite
    else {
      throw damaged(
        file, expected: "a positive smoothing and the number of each class's texts",
        found: "\(smoothing.map { "\($0)" } ?? "no smoothing") and \(textCounts ?? [])")
    }
    return NaiveBayes(
      wordCounts: (0..<classCount).map { Array(counts[$0 * wordCount..<($0 + 1) * wordCount]) },
      textCounts: textCounts, smoothing: smoothing)
  }

  private func checkedArchitecture(_ file: SafetensorsFile) throws -> ModelArchitecture {
    guard let configuration else { throw damaged(file, expected: "a configuration", found: "none") }
    guard configuration.vocabularySize == tokenizer.vocabularySize else {
      throw damaged(
        file, expected: "a model of \(tokenizer.vocabularySize) tokens, as many as its tokenizer has",
        found: "\(configuration.vocabularySize)")
    }
    do throws(ModelError) {
      return try ModelArchitecture(configuration)
    } catch {
      throw damaged(file, expected: "a configuration that can be built", found: error.description)
    }
  }

  private func damaged(_ file: SafetensorsFile, expected: String, found: String) -> CheckpointError {
    .unexpectedMetadata(path: file.path, key: "members", expected: expected, found: found)
  }
}

extension ClassifierModel {
  fileprivate func store(in file: inout SafetensorsFile, prefix: String) {
    switch self {
    case .perClass(let models):
      for (label, model) in models.models.enumerated() { model.store(in: &file, prefix: "\(prefix)class.\(label).") }
    case .recurrent(let classifier):
      classifier.store(in: &file, prefix: prefix)
    case .naiveBayes(let bayes):
      let shape: Shape = [bayes.wordCounts.count, bayes.wordCounts.first?.count ?? 0]
      file[prefix + "counts"] = StoredTensor(bayes.wordCounts.flatMap(\.self), shape: shape)
    }
  }
}

extension NGramClassifier {
  fileprivate func store(in file: inout SafetensorsFile, prefix: String) {
    file[prefix + "weight"] = StoredTensor(weights, shape: [bucketCount, biases.count])
    file[prefix + "bias"] = StoredTensor(biases)
  }
}
