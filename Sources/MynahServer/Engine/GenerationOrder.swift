#if Server
import MynahInference
import MynahText

/// What a request asks an engine to generate.
struct GenerationOrder: Sendable {
  /// A prompt in tokens.
  struct Prompt: Sendable {
    /// The text that the tokens continue; nil: they begin a text.
    var start: TextState?
    /// The tokens between two positions at which the state is reset; the first ones continue the start.
    var segments: [[Int32]]
    /// A Boolean value indicating whether the first token is the one that a text begins after, which is read but not
    /// predicted.
    var isContext = false
    /// The prompt as text, after which the generated text is spaced.
    var text: String

    /// All tokens.
    var ids: [Int32] { segments.flatMap { $0 } }
  }

  var prompts: [Prompt]
  /// The number of texts after each prompt.
  var textCount = 1
  /// The sampling and the end of each text.
  var options: GenerationOptions
  /// The seed; text k of prompt i draws from stream i · `textCount` + k of it.
  var seed: UInt64
  /// The number of alternatives to each token of the prompts, if these are scored.
  var promptAlternatives: Int?
  /// A Boolean value indicating whether the client reads the texts while they are generated.
  var isStreamed = false
}

/// What an engine reports about an order.
enum GenerationEvent: Sendable {
  /// The predictions of a prompt's tokens, one for each; nil for a token that is context.
  case prompt(Int, [TokenPrediction?])
  /// A token of a text.
  case piece(text: Int, GenerationBatch.Piece)
  /// The state after a text.
  case state(text: Int, NeuralPredictor.Memory)
  /// A text ended without a token.
  case empty(text: Int)
  /// The order has failed.
  case failure(ServerFailure)
}
#endif
