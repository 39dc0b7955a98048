import ArgumentParser
import MynahIO
import MynahText
import MynahTraining

/// The training and validation tokens of a run, from texts in memory or from a token file.
struct TrainingText {
  let tokenizer: AnyTokenizer
  let training: any TokenSource, validation: any TokenSource
  /// The number of unknown training tokens.
  let unknownCount: Int
  /// The share of the validation tokens that are unknown.
  let unknownValidationShare: Double
  /// The path of the validation text; nil if it is the end of the training text.
  let validationPath: String?
  /// The hash by which a resumed run recognises its text.
  let hash: String
  /// The test text, if there is one.
  let test: String?
  /// Notes for the training state: how the tokenizer was made.
  let notes: [String: String]
  /// Remarks about the input for the user.
  let remarks: [String]

  /// Reads texts or a token file.
  ///
  /// - Parameters:
  ///   - source: The flags of the validation text.
  ///   - state: The run that is resumed.
  ///   - initial: The model that the run starts from, whose tokens are used.
  ///   - extends: A Boolean value indicating whether its vocabulary is extended by the text.
  /// - Throws: `TextError`, `CommandError.otherSetting`, or a `ValidationError` for flags that conflict with a token
  ///   file.
  init(
    at inputs: [String], _ source: ValidationOptions, tokens: TokenizerOptions, resuming state: TrainingStateFile?,
    initial: inout InitialModel?,
    extendingVocabulary extends: Bool
  ) throws {
    let source = try state.map { try source.resumed($0.notes) } ?? source
    if let input = inputs.first(where: TokenFile.isTokenFile) {
      guard inputs.count == 1 else {
        throw ValidationError("\(input) is a token file, which must be the only input; leave out the others")
      }
      guard !source.isGiven else {
        throw ValidationError(
          "\(input) is a token file, which contains its own validation text; leave out --validation and "
            + "--validation-share")
      }
      guard !tokens.isGiven else {
        throw ValidationError(
          "\(input) is a token file, which contains its own tokenizer; leave out --tokenizer, --minimum-count and "
            + "--vocabulary, or prepare the text again"
        )
      }
      let file = try TokenFile(at: input)
      guard initial == nil || initial?.tokenizer == file.tokenizer && !extends else {
        throw ValidationError(
          "the tokens of \(input.quoted()) are not those of the model of --init-from; prepare the text with its "
            + "tokenizer, or name the text itself")
      }
      self.init(file)
    } else {
      let isOfBytes = tokens.kind == .byte || (state?.tokenizer ?? initial?.tokenizer)?.invalidBytes == .kept
      let corpus = try source.corpus(at: inputs, invalidBytes: isOfBytes ? .kept : .refused)
      if extends { try initial?.extend(byTraining: corpus.training, limits: tokens) }
      try self.init(corpus, tokens: tokens, resuming: state, given: initial?.tokenizer, notes: source.notes)
    }
  }

  private init(_ file: TokenFile) {
    (tokenizer, training, validation) = (file.tokenizer, file.training, file.validation)
    (unknownCount, validationPath, hash, test, notes) = (file.unknownCount, nil, file.digest, nil, [:])
    // A token file has the number of unknown tokens of the training text only, so its share is used.
    unknownValidationShare = Double(file.unknownCount) / Double(max(file.training.count, 1))
    remarks = []
  }

  private init(
    _ corpus: Corpus, tokens: TokenizerOptions, resuming state: TrainingStateFile?, given: AnyTokenizer?,
    notes more: [String: String]
  ) throws {
    var remarks = corpus.notes
    if let given {
      tokenizer = given
    } else if let state {
      try tokens.expect(state.tokenizer, notes: state.notes, training: corpus.training)
      tokenizer = state.tokenizer
    } else {
      let (trained, remark) = try tokens.tokenizer(training: corpus.training)
      tokenizer = trained
      remarks += [remark].compactMap(\.self)
    }
    notes = try tokens.notes().merging(more) { $1 }
    let (learned, validated) = try (tokenizer.encode(corpus.training), tokenizer.encode(corpus.validation))
    (training, validation) = (learned.ids, validated.ids)
    (unknownCount, validationPath, test) = (learned.unknownCount, corpus.validationPath, corpus.test)
    unknownValidationShare = Double(validated.unknownCount) / Double(max(validated.ids.count, 1))
    self.remarks = remarks
    hash = TrainingFiles.textHash(of: learned.ids, validation: validated.ids)
  }
}
