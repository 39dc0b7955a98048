#if Server
package import MynahInference
import MynahModels
import MynahTensors
package import MynahText

/// Runs a language model for all requests: it admits work, and advances all texts as one batch.
///
/// An engine works in rounds: some short jobs, some tokens of prompts, a step of the batch. So nobody waits for another
/// one's long prompt, and a text joins or leaves at any token. The weights are constants.
package actor Engine {
  /// The time in which jobs begin in each round.
  private static let jobTime = Duration.milliseconds(4)
  /// The tokens of prompts that are read in each round, and at once of each of them.
  private static let promptTokens = 256, promptPiece = 64
  /// The time for which tokens are collected before they are passed on, if many texts are generated.
  private static let passingTime = Duration.milliseconds(40)
  private static let fewTexts = 4
  /// The time between two looks for orders that are late or whose client has left.
  private static let lookTime = Duration.milliseconds(10)

  package nonisolated let network: InferenceModel
  package nonisolated let tokenizer: AnyTokenizer
  private let limits: ServerLimits
  private let metrics: ModelMetrics
  private let thread = EngineThread()
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  private var batch: GenerationBatch
  private var orders: [Int: OpenOrder] = [:]
  /// The orders that have prompts to begin, first come first served.
  private var waiting: [Int] = []
  private var readers: [PromptReader] = []
  /// The order and the number of each text of the batch.
  private var texts: [Int: (order: Int, text: Int)] = [:]
  private var jobs: [@Sendable () -> Void] = []
  private var orderCount = 0
  /// The time of the next look for orders that are late or whose client has left.
  private var nextLook = ContinuousClock.now
  private var idle: CheckedContinuation<Void, Never>?
  private var isWorking = false
  private var isRetired = false

  package init(_ network: InferenceModel, tokenizer: AnyTokenizer, limits: ServerLimits, metrics: ModelMetrics) {
    (self.network, self.tokenizer, self.limits, self.metrics) = (network, tokenizer, limits, metrics)
    batch = GenerationBatch(network)
  }

  // MARK: Admission

  /// Admits an order.
  ///
  /// - Throws: `ServerFailure` if too many orders wait.
  package func submit(_ order: GenerationOrder) throws(ServerFailure) -> (number: Int, output: GenerationOutput) {
    guard waiting.count < limits.queue else { throw .queueFull }
    begin()
    orderCount += 1
    let open = OpenOrder(order, deadline: .now + .seconds(limits.requestSeconds))
    orders[orderCount] = open
    waiting.append(orderCount)
    wake()
    return (orderCount, open.output)
  }

  /// Continues the texts of an order whose reader has read what waited.
  package func resume(_ number: Int) {
    guard let parked = orders[number]?.parked, !parked.isEmpty else { return }
    orders[number]?.parked = []
    for (text, stream, memory) in parked {
      if let place = batch.join(stream, after: memory) { texts[place] = (number, text) }
    }
    wake()
  }

  /// Ends an order whose client has left.
  package func cancel(_ number: Int) { close(number) }

  /// Runs a short job between two steps of the batch; a long one is cut into several.
  package func run<Result: Sendable>(_ job: @escaping @Sendable () throws -> Result) async throws -> Result {
    guard jobs.count < limits.queue else { throw ServerFailure.queueFull }
    begin()
    return try await withCheckedThrowingContinuation { continuation in
      jobs.append { continuation.resume(with: Swift.Result { try job() }) }
      wake()
    }
  }

  /// Ends the engine's work once it has none, when another one has taken its place.
  package func retire() {
    isRetired = true
    wake()
  }

  // MARK: Rounds

  private func begin() {
    guard !isWorking else { return }
    isWorking = true
    Task { await work() }
  }

  private func wake() {
    idle?.resume()
    idle = nil
  }

  private func work() async {
    while !isRetired || !orders.isEmpty || !jobs.isEmpty {
      runJobs()
      endLateOrders()
      beginPrompts()
      readPrompts()
      step()
      metrics.set(texts: batch.count, waiting: waiting.count + jobs.count)
      if batch.isEmpty && readers.isEmpty && jobs.isEmpty && (waiting.isEmpty || !hasPlace) {
        await withCheckedContinuation { idle = $0 }
      } else if thread.hasWaitingJobs {
        await Task.yield()
      }
    }
    isWorking = false
  }

  private func runJobs() {
    let end = ContinuousClock.now + Self.jobTime
    var count = 0
    while count < jobs.count && (count == 0 || .now < end) {
      jobs[count]()
      count += 1
    }
    jobs.removeFirst(count)
  }

  private func endLateOrders() {
    let now = ContinuousClock.now
    guard now > nextLook else { return }
    nextLook = now + Self.lookTime
    for (number, order) in orders {
      if order.output.isCancelled { close(number) } else if now > order.deadline { fail(number, .timeout) }
    }
  }

  /// The texts that are generated, or will be when their prompts are read.
  private var placeCount: Int {
    batch.count + readers.reduce(0) { $0 + (orders[$1.order]?.order.textCount ?? 0) }
      + orders.values.reduce(0) { $0 + $1.parked.count }
  }
  private var hasPlace: Bool {
    guard let first = waiting.first, let order = orders[first]?.order else { return false }
    return placeCount == 0 || placeCount + order.textCount <= limits.streams
  }

  private func beginPrompts() {
    while let number = waiting.first, let open = orders[number], hasPlace {
      do {
        readers.append(
          try PromptReader(
            order: number, index: open.begunCount, open.order.prompts[open.begunCount], network,
            startID: tokenizer.startID, alternativeCount: open.order.promptAlternatives))
        orders[number]?.begunCount += 1
        if open.begunCount + 1 == open.order.prompts.count { waiting.removeFirst() }
      } catch {
        fail(number, ServerFailure(error))
      }
    }
  }

  private func readPrompts() {
    var rest = Self.promptTokens
    // Each round begins with another prompt, so that long ones take turns.
    if readers.count > 1 { readers.append(readers.removeFirst()) }
    var index = 0
    while index < readers.count && rest > 0 {
      do {
        let count = try readers[index].read(min(Self.promptPiece, rest))
        metrics.countPromptTokens(count)
        rest -= count
        if readers[index].isDone {
          finish(readers.remove(at: index))
        } else if count < Self.promptPiece {
          continue
        } else {
          index += 1
        }
      } catch {
        fail(readers[index].order, ServerFailure(error))
      }
    }
  }

  /// Begins the texts after a prompt that was read.
  private func finish(_ reader: PromptReader) {
    guard let open = orders[reader.order] else { return }
    let (order, prompt) = (open.order, reader.prompt)
    let before = prompt.start.map { tokenizer.decode($0.recent) } ?? ""
    var events: [GenerationEvent] = []
    if order.promptAlternatives != nil { events.append(.prompt(reader.index, reader.predictions)) }
    for text in 0..<order.textCount {
      let number = reader.index * order.textCount + text
      do {
        let stream = try GenerationStream(
          after: before + prompt.text, (prompt.start?.recent ?? []) + prompt.ids, tokenizer: tokenizer,
          options: order.options,
          random: RandomSource(seed: order.seed, stream: UInt64(number)))
        if let place = batch.join(stream, after: reader.predictor.memory) {
          texts[place] = (reader.order, number)
        } else {
          events.append(.empty(text: number))
          if order.options.returnsMemory { events.append(.state(text: number, reader.predictor.memory)) }
          orders[reader.order]?.openCount -= 1
        }
      } catch {
        return fail(reader.order, ServerFailure(error))
      }
    }
    orders[reader.order]?.events += events
    pass(reader.order)
  }

  private func step() {
    guard !batch.isEmpty else { return }
    metrics.countStep(of: batch.count)
    var changed: Set<Int> = []
    for step in batch.step() {
      guard let (number, text) = texts[step.text] else { continue }
      changed.insert(number)
      switch step.result {
      case .success(let piece):
        orders[number]?.events.append(.piece(text: text, piece))
        if let memory = step.memory { orders[number]?.events.append(.state(text: text, memory)) }
        guard piece.end != nil else { continue }
        texts[step.text] = nil
        orders[number]?.openCount -= 1
      case .failure(let error):
        texts[step.text] = nil
        fail(number, ServerFailure(ClientError(error: error, parameter: nil, code: nil)))
      }
    }
    for number in changed { pass(number) }
  }

  // MARK: Events

  /// Passes the events of an order on, at once or with later ones.
  private func pass(_ number: Int) {
    guard let open = orders[number] else { return }
    let now = ContinuousClock.now
    let isEnd = open.openCount == 0
    let isDue = batch.count <= Self.fewTexts || open.lastPassing.map { now - $0 > Self.passingTime } ?? true
    guard isEnd || isDue && !open.events.isEmpty else { return }
    orders[number]?.events = []
    orders[number]?.lastPassing = now
    let isFull = open.output.append(open.events, isEnd: isEnd)
    if isEnd {
      orders[number] = nil
    } else if isFull && open.order.isStreamed {
      park(number)
    }
  }

  /// Takes the texts of an order out of the batch until their reader has read what waits.
  private func park(_ number: Int) {
    for (place, text) in texts where text.order == number {
      texts[place] = nil
      if let (stream, memory) = batch.leave(place) { orders[number]?.parked.append((text.text, stream, memory)) }
    }
    metrics.countPause()
  }

  private func fail(_ number: Int, _ failure: ServerFailure) {
    _ = orders[number]?.output.append((orders[number]?.events ?? []) + [.failure(failure)], isEnd: true)
    close(number)
  }

  private func close(_ number: Int) {
    guard orders.removeValue(forKey: number) != nil else { return }
    waiting.removeAll { $0 == number }
    readers.removeAll { $0.order == number }
    for (place, text) in texts where text.order == number {
      texts[place] = nil
      batch.leave(place)
    }
    wake()
  }
}
#endif
