import MynahIO
import MynahModels
import MynahText
import MynahTraining

extension Reproduction {
  /// The figures of the data and of the untrained model in JSON; scripts rely on their names.
  struct Description: Encodable {
    let recipe: String
    let vocabularySize, trainingTokenCount, batchesPerEpoch, parameterCount: Int
    let trainingIDsSHA256: String
    let firstInputIDs: [Int32]
    let untrainedLoss: Double
    let estimatedSeconds: Double
  }

  var description: Description {
    let first = batches.batches(epoch: 1).first { _ in true }
    let loss = untrained.loss(of: [first].compactMap(\.self))
    return Description(
      recipe: recipe.name, vocabularySize: data.tokenizer.vocabulary.count, trainingTokenCount: data.training.count,
      batchesPerEpoch: batches.count, parameterCount: untrained.parameterCount,
      trainingIDsSHA256: data.trainingIDsSHA256, firstInputIDs: Array(data.training.prefix(30)),
      untrainedLoss: loss.mean, estimatedSeconds: estimatedSeconds)
  }

  /// Prints the figures of the data and of the model.
  func describe(json: Bool) throws {
    let figures = description
    if json { return try StandardOutput.writeJSON(figures) }
    let noun = data.tokenizer.hasWords ? "words" : "characters"
    try StandardOutput.write(
      """
      \(recipe.name): \(recipe.summary)

      \(figures.trainingTokenCount.grouped) training tokens, sha256 \(figures.trainingIDsSHA256)
      \(figures.vocabularySize.grouped) \(noun), \(figures.batchesPerEpoch.grouped) batches per epoch
      first tokens: \(figures.firstInputIDs.map(String.init).joined(separator: " "))
      untrained loss: \(figures.untrainedLoss.formatted(4)) nats per token

      \(untrained.summary)

      \(configuration.inWords)
      \(untrained.configuration.dropout)
      \(estimateInWords)

      """)
  }
}
