#if Server
package import MynahInference
import MynahText

/// The texts that a request asks an engine to generate.
package struct GenerationOrder: Sendable {
  /// A prompt in tokens.
  package struct Prompt: Sendable {
    /// The text that the tokens continue; nil if they begin a text.
    package var start: TextState?
    /// The tokens, split at the positions at which the state is reset; the first segment continues `start`.
    package var segments: [[Int32]]
    /// A Boolean value indicating whether the first token is the start token, which is read but not predicted.
    package var isContext = false
    /// The prompt as text, which determines the spacing of the generated text.
    package var text: String

    package init(start: TextState? = nil, segments: [[Int32]], isContext: Bool = false, text: String) {
      (self.start, self.segments, self.isContext, self.text) = (start, segments, isContext, text)
    }

    /// All tokens.
    package var ids: [Int32] { segments.flatMap { $0 } }
    /// The number of tokens.
    package var tokenCount: Int { segments.reduce(0) { $0 + $1.count } }
  }

  package var prompts: [Prompt]
  /// The number of texts to generate for each prompt.
  package var textCount = 1
  /// The sampling options and stop conditions of each text.
  package var options: GenerationOptions
  /// The random seed; text k of prompt i uses its stream number i · `textCount` + k.
  package var seed: UInt64
  /// The number of alternatives for each token of the prompts; nil if the prompts are not scored.
  package var promptAlternatives: Int?
  /// A Boolean value indicating whether the client reads the texts while they are generated.
  package var isStreamed = false

  package init(
    prompts: [Prompt], textCount: Int = 1, options: GenerationOptions, seed: UInt64, promptAlternatives: Int? = nil,
    isStreamed: Bool = false
  ) {
    (self.prompts, self.textCount, self.options, self.seed) = (prompts, textCount, options, seed)
    (self.promptAlternatives, self.isStreamed) = (promptAlternatives, isStreamed)
  }
}

/// An event that an engine reports for an order.
package enum GenerationEvent: Sendable {
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
