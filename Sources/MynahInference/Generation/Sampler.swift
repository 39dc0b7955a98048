public import MynahTensors

/// Draws tokens from logits: applies steps in order, then draws with p(token) ∝ exp(logit).
///
/// ```swift
/// let sampler = Sampler([RepetitionPenalty(1.2), Temperature(0.8), TopK(50), TopP(0.95)])
/// ```
///
/// Without steps it draws from the distribution that the model predicts.
public struct Sampler: Sendable {
  /// The steps, first to last.
  public let steps: [any SamplingStep]
  /// The number of previous tokens that the steps use.
  public var reach: Int { steps.map { $0.reach }.max() ?? 0 }
  /// The effect of the steps if one kernel can apply it.
  private let simple: (temperature: Double, forbidden: [Int32])?

  /// Creates a sampler with steps, which are applied in order.
  public init(_ steps: [any SamplingStep] = []) {
    self.steps = steps
    simple = Self.simple(steps)
  }

  /// Creates a sampler with a temperature; 0 always draws the most probable token.
  public init(temperature: Double) { self.init([Temperature(temperature)]) }

  /// Returns a token drawn from the logits of all tokens, [V].
  ///
  /// - Throws: `InferenceError.nothingToDraw` if the steps rule out all tokens.
  public func callAsFunction(
    _ logits: [Float], at place: SamplingPlace = SamplingPlace(), using random: inout RandomSource
  ) throws(InferenceError) -> Int32 {
    guard simple == nil else {
      return try found(unsafe logits.withUnsafeBufferPointer { unsafe draw($0, using: &random) })
    }
    return try steps(logits, at: place, using: &random)
  }

  /// Returns a token for each stream, drawn from logits [B, V] with its own random source.
  ///
  /// - Parameters:
  ///   - places: The position of each stream; empty if no step uses it.
  /// - Throws: `InferenceError.nothingToDraw` if the steps rule out all tokens.
  public func callAsFunction(
    _ logits: Tensor, at places: [SamplingPlace] = [], using randoms: inout [RandomSource]
  ) throws(InferenceError) -> [Int32] {
    let vocabularySize = logits.shape[logits.shape.rank - 1]
    var ids: [Int32] = []
    for stream in randoms.indices {
      let range = stream * vocabularySize..<(stream + 1) * vocabularySize
      if simple != nil {
        let id = unsafe logits.withUnsafeElements { unsafe draw(.init(rebasing: $0[range]), using: &randoms[stream]) }
        ids.append(try found(id))
      } else {
        let place = stream < places.count ? places[stream] : SamplingPlace()
        let row = unsafe logits.withUnsafeElements { unsafe Array($0[range]) }
        ids.append(try steps(row, at: place, using: &randoms[stream]))
      }
    }
    return ids
  }

  private func steps(
    _ logits: [Float], at place: SamplingPlace, using random: inout RandomSource
  ) throws(InferenceError) -> Int32 {
    var logits = logits
    for step in steps { step(&logits, at: place) }
    let uniform = random.uniform()
    return try found(
      unsafe logits.withUnsafeBufferPointer {
        unsafe Kernels.draw($0, temperature: 1, forbidden: [], uniform: uniform)
      })
  }

  private func draw(_ logits: UnsafeBufferPointer<Float>, using random: inout RandomSource) -> Int32? {
    let (temperature, forbidden) = simple ?? (1, [])
    return unsafe Kernels.draw(logits, temperature: temperature, forbidden: forbidden, uniform: random.uniform())
  }

  private func found(_ id: Int32?) throws(InferenceError) -> Int32 {
    guard let id else { throw .nothingToDraw }
    return id
  }

  private static func simple(_ steps: [any SamplingStep]) -> (temperature: Double, forbidden: [Int32])? {
    var (temperature, forbidden) = (Double?.none, Set<Int32>())
    for step in steps {
      switch step {
      case let step as Temperature where temperature == nil: temperature = step.value
      // What is ruled out after the most probable token alone was left would leave nothing.
      case let step as ForbiddenTokens where temperature != 0: forbidden.formUnion(step.ids)
      default: return nil
      }
    }
    return (temperature ?? 1, forbidden.sorted())
  }
}
