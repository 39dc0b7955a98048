#if Server
import MynahInference
import MynahText

/// A prompt that an engine reads in pieces, between the steps of its batch.
struct PromptReader {
  let order: Int
  let index: Int
  let prompt: GenerationOrder.Prompt
  private let startID: Int32
  private let alternativeCount: Int?
  private let model: InferenceModel
  private(set) var predictor: NeuralPredictor
  private var segments: [[Int32]]
  private var place = 0
  /// The predictions so far, one for each token.
  private(set) var predictions: [TokenPrediction?] = []

  /// - Parameter alternativeCount: The number of alternatives to list if tokens are scored, else nil.
  init(
    order: Int, index: Int, _ prompt: GenerationOrder.Prompt, _ model: InferenceModel, startID: Int32,
    alternativeCount: Int?
  ) throws {
    (self.order, self.index, self.prompt, self.model, self.startID) = (order, index, prompt, model, startID)
    (self.alternativeCount, segments) = (alternativeCount, prompt.segments)
    if let memory = prompt.start?.memory {
      predictor = NeuralPredictor(model, memory: memory)
    } else {
      predictor = NeuralPredictor(model)
      if prompt.isContext {
        try predictor.read(Array(segments[0].prefix(1)))
        (predictions, place) = ([nil], 1)
      } else {
        try predictor.read([startID])
      }
    }
  }

  var isDone: Bool { segments.count <= 1 && place >= segments.first?.count ?? 0 }

  /// Reads at most `limit` tokens; returns the number of tokens read.
  mutating func read(_ limit: Int) throws -> Int {
    guard let segment = segments.first, !isDone else { return 0 }
    if place == segment.count {
      segments.removeFirst()
      (place, predictor) = (0, NeuralPredictor(model))
      try predictor.read([startID])
      return 1
    }
    let ids = Array(segment[place..<min(place + limit, segment.count)])
    place += ids.count
    if let alternativeCount {
      predictions += try predictor.predictions(reading: ids, alternativeCount: alternativeCount).map { $0 }
    } else {
      try predictor.read(ids)
    }
    return ids.count
  }
}
#endif
