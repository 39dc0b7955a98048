import MynahIO
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// A recipe with its data and its untrained model.
struct Reproduction {
  let recipe: Recipe
  let data: RecipeData
  let configuration: TrainingConfiguration
  let batches: EpochBatches
  let untrained: LanguageModel

  /// Reads the data and initialises the weights.
  ///
  /// - Parameter directory: The folder of the data; ignored for a recipe without data.
  /// - Throws: `TextError`, or `OtherData` if the data are not the recipe's.
  init(_ recipe: Recipe, data directory: String, seed: UInt64, epochs: Int?, precision: Precision) throws {
    self.recipe = recipe
    data = try recipe.data(directory)
    let hash = data.trainingIDsSHA256
    guard hash == recipe.trainingIDsSHA256 else {
      throw OtherData(recipe: recipe, directory: directory, foundHash: hash)
    }
    var configuration = recipe.training
    configuration.epochs = epochs ?? configuration.epochs
    configuration.seed = seed
    configuration.precision = precision
    self.configuration = configuration
    batches = try configuration.batches.batches(of: data.training, seed: seed)
    var random = RandomSource(seed: seed)
    untrained = LanguageModel(recipe.model(data.tokenizer.vocabulary.count), using: &random)
  }

  /// Returns the test perplexity of a model; nil if there is no test text.
  func testPerplexity(of model: LanguageModel) throws -> Double? {
    guard let test = data.test else { return nil }
    let batches =
      try recipe.testBatches?.batches(of: test, seed: 0)
      ?? recipe.validationBatches(of: test, trainedWith: configuration.batches)
    return Precision.$current.withValue(configuration.precision) {
      model.loss(of: batches.batches(epoch: 1)).perplexity
    }
  }

  /// The estimated time of all epochs with the current thread team, in seconds, from the machine's peak.
  var estimatedSeconds: Double {
    let peak = MachinePeak.gigaflopsPerSecond(threadCount: ThreadTeam.current?.threadCount ?? 1) * 1e9
    // Two operations per multiplication, forward once and backward twice; products reach two thirds of the peak.
    let operations = 6 * Double(untrained.architecture.multiplicationsPerToken(training: configuration.objective))
    let tokens = Double(batches.count * configuration.batches.batchSize * configuration.batches.sequenceLength)
    return operations * tokens * Double(configuration.epochs) / (0.67 * peak)
  }

  /// The estimate as text.
  var estimateInWords: String {
    let seconds = estimatedSeconds
    return seconds < 1 ? "less than a second on this machine" : "about \(seconds.asDuration) on this machine"
  }
}

/// The error for data that are not those of a recipe.
struct OtherData: CommandFailure {
  let recipe: Recipe
  let directory: String
  let foundHash: String

  var failureCode: FailureCode { .badData }
  var sentence: String {
    let advice = recipe.dataSet.map { "; get the right ones with: mynah data get \($0)" } ?? ""
    return
      "the texts in \(directory.quoted()) are not those of the recipe \(recipe.name): expected sha256 "
      + "\(recipe.trainingIDsSHA256) of the training tokens, found \(foundHash)\(advice)"
  }
}
