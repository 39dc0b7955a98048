// What is as it usually is stands in no file, so that equal models have equal files whichever version wrote them.

extension LanguageModelConfiguration: Codable {
  private enum Key: String, CodingKey {
    case vocabularySize, embeddingSize, recurrent, initializer, inputKeepProbability, outputKeepProbability
    case isTied, isResidual, recurrentInitializer, embeddingInitializer, outputInitializer
    case locksDropout, embeddingKeepProbability, weightKeepProbability
    case recurrentBiasInitializer, vectorKeepProbability
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      vocabularySize: try values.decode(Int.self, forKey: .vocabularySize),
      embedding: try values.decode(Int.self, forKey: .embeddingSize),
      recurrent: try values.decode([RecurrentLayer].self, forKey: .recurrent),
      initializer: try values.decode(Initializer.self, forKey: .initializer),
      inputKeepProbability: try values.decode(Float.self, forKey: .inputKeepProbability),
      outputKeepProbability: try values.decode(Float.self, forKey: .outputKeepProbability))
    isTied = try values.decodeIfPresent(Bool.self, forKey: .isTied) ?? false
    isResidual = try values.decodeIfPresent(Bool.self, forKey: .isResidual) ?? false
    recurrentInitializer = try values.decodeIfPresent(Initializer.self, forKey: .recurrentInitializer)
    embeddingInitializer = try values.decodeIfPresent(Initializer.self, forKey: .embeddingInitializer)
    outputInitializer = try values.decodeIfPresent(Initializer.self, forKey: .outputInitializer)
    locksDropout = try values.decodeIfPresent(Bool.self, forKey: .locksDropout) ?? false
    embeddingKeepProbability = try values.decodeIfPresent(Float.self, forKey: .embeddingKeepProbability) ?? 1
    weightKeepProbability = try values.decodeIfPresent(Float.self, forKey: .weightKeepProbability) ?? 1
    recurrentBiasInitializer = try values.decodeIfPresent(Initializer.self, forKey: .recurrentBiasInitializer)
    vectorKeepProbability = try values.decodeIfPresent(Float.self, forKey: .vectorKeepProbability) ?? 1
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(vocabularySize, forKey: .vocabularySize)
    try values.encode(embeddingSize, forKey: .embeddingSize)
    try values.encode(recurrent, forKey: .recurrent)
    try values.encode(initializer, forKey: .initializer)
    try values.encode(inputKeepProbability, forKey: .inputKeepProbability)
    try values.encode(outputKeepProbability, forKey: .outputKeepProbability)
    if isTied { try values.encode(true, forKey: .isTied) }
    if isResidual { try values.encode(true, forKey: .isResidual) }
    try values.encodeIfPresent(recurrentInitializer, forKey: .recurrentInitializer)
    try values.encodeIfPresent(embeddingInitializer, forKey: .embeddingInitializer)
    try values.encodeIfPresent(outputInitializer, forKey: .outputInitializer)
    if locksDropout { try values.encode(true, forKey: .locksDropout) }
    if embeddingKeepProbability != 1 { try values.encode(embeddingKeepProbability, forKey: .embeddingKeepProbability) }
    if weightKeepProbability != 1 { try values.encode(weightKeepProbability, forKey: .weightKeepProbability) }
    try values.encodeIfPresent(recurrentBiasInitializer, forKey: .recurrentBiasInitializer)
    if vectorKeepProbability != 1 { try values.encode(vectorKeepProbability, forKey: .vectorKeepProbability) }
  }
}
