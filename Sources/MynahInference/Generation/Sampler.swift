public import MynahTensors

/// A sampler that draws tokens from logits: it applies steps in order, then draws with p(token) ∝ exp(logit).
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
  public let reach: Int
  /// A Boolean value indicating whether a step uses the number of occurrences of the generated tokens.
  let usesCounts: Bool
  /// The combined effect of the steps if one kernel can apply it.
  private let simple: (temperature: Double, forbidden: [Int32])?

  /// Creates a sampler with steps, which are applied in order.
  public init(_ steps: [any SamplingStep] = []) {
    self.steps = steps
    (reach, usesCounts) = (steps.map { $0.reach }.max() ?? 0, steps.contains { $0.usesCounts })
    simple = Self.simple(steps)
  }

  /// Creates a sampler with the default steps: repetition penalty, temperature, top-k, top-p and min-p, in this order.
  ///
  /// - Parameters:
  ///   - temperature: The temperature; 0 always draws the most probable token.
  ///   - topK: The number of the most probable tokens to keep; nil keeps all.
  ///   - topP: The total probability of the most probable tokens to keep; nil keeps all.
  ///   - minP: The minimum probability of a token, relative to that of the most probable one; nil keeps all.
  ///   - repetitionPenalty: The factor by which tokens that have occurred become less probable; nil for none.
  public init(
    temperature: Double, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil, repetitionPenalty: Double? = nil
  ) {
    var steps: [any SamplingStep] = []
    if let repetitionPenalty { steps.append(RepetitionPenalty(repetitionPenalty)) }
    steps.append(Temperature(temperature))
    if let topK { steps.append(TopK(topK)) }
    if let topP { steps.append(TopP(topP)) }
    if let minP { steps.append(MinP(minP)) }
    self.init(steps)
  }

  /// Returns a token drawn from the logits of all tokens, [V].
  ///
  /// - Throws: `InferenceError.nothingToDraw` if the steps rule out all tokens.
  public func callAsFunction(
    _ logits: [Float], at place: SamplingPlace = SamplingPlace(), using random: inout RandomSource
  ) throws(InferenceError) -> Int32 {
    guard let simple else { return try steps(logits, at: place, using: &random) }
    return try found(Self.drawn(from: logits, simple, by: random.uniform()))
  }

  /// Returns a token for each stream, drawn from logits [B, V] with its own random source.
  ///
  /// - Parameters:
  ///   - places: The position of each stream; empty if no step uses it.
  /// - Throws: `InferenceError.nothingToDraw` if the steps rule out all tokens.
  public func callAsFunction(
    _ logits: Tensor, at places: [SamplingPlace] = [], using randoms: inout [RandomSource]
  ) throws(InferenceError) -> [Int32] {
    let draws = Self.draws(
      of: [Sampler](repeating: self, count: randoms.count), from: logits,
      at: { $0 < places.count ? places[$0] : SamplingPlace() }, using: &randoms)
    return try draws.map { id throws(InferenceError) in try found(id) }
  }

  /// Returns a token for each stream, drawn from logits [B, V] by its own sampler with its own random source; nil if
  /// the steps rule out all tokens.
  ///
  /// - Parameter place: Returns the position of a stream; called only for streams with steps that may use it.
  package static func draws(
    of samplers: [Sampler], from logits: Tensor, at place: (Int) -> SamplingPlace, using randoms: inout [RandomSource]
  ) -> [Int32?] {
    let uniforms = randoms.indices.map { randoms[$0].uniform() }
    var ids = [Int32?](repeating: nil, count: samplers.count)
    // One call of the kernel for all streams that it can draw for, which usually forbid the same tokens.
    let forbidden = samplers.lazy.compactMap(\.simple).first?.forbidden ?? []
    let together = samplers.indices.filter { samplers[$0].simple?.forbidden == forbidden }
    if !together.isEmpty {
      let rows = together.count == samplers.count ? logits : logits.gathered(together)
      let drawn = unsafe rows.withUnsafeElements {
        unsafe Kernels.draw(
          $0, temperatures: together.map { samplers[$0].simple?.temperature ?? 1 }, forbidden: forbidden,
          uniforms: together.map { uniforms[$0] })
      }
      for (stream, id) in zip(together, drawn) { ids[stream] = id }
    }
    for stream in samplers.indices where samplers[stream].simple?.forbidden != forbidden || together.isEmpty {
      var row = logits.row(stream)
      if samplers[stream].simple == nil { for step in samplers[stream].steps { step(&row, at: place(stream)) } }
      ids[stream] = drawn(from: row, samplers[stream].simple ?? (1, []), by: uniforms[stream])
    }
    return ids
  }

  private func steps(
    _ logits: [Float], at place: SamplingPlace, using random: inout RandomSource
  ) throws(InferenceError) -> Int32 {
    var logits = logits
    for step in steps { step(&logits, at: place) }
    return try found(Self.drawn(from: logits, (1, []), by: random.uniform()))
  }

  /// Returns a token drawn from logits with a uniform random number; nil if all tokens are forbidden.
  private static func drawn(
    from logits: [Float], _ effect: (temperature: Double, forbidden: [Int32]), by uniform: Double
  ) -> Int32? {
    unsafe logits.withUnsafeBufferPointer {
      unsafe Kernels.draw($0, temperatures: [effect.temperature], forbidden: effect.forbidden, uniforms: [uniform])[0]
    }
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
      // Forbidding tokens after temperature 0 could rule out the only one that is left.
      case let step as ForbiddenTokens where temperature != 0: forbidden.formUnion(step.ids)
      default: return nil
      }
    }
    return (temperature ?? 1, forbidden.sorted())
  }
}
