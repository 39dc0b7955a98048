#if Server
package import MynahInference
import MynahModels
import MynahTensors
package import MynahText

/// An actor that runs a language model for all requests: it admits orders and jobs, and advances all texts as one
/// batch.
///
/// An engine works in rounds: some short jobs, some tokens of prompts, a step of the batch. A long prompt therefore
/// does not block other requests, and a text can join or leave the batch at any token. The weights never change.
package actor Engine {
  /// The time per round in which jobs may start.
  private static let jobTime = Duration.milliseconds(4)
  /// The maximum numbers of prompt tokens that are read per round, and at once from one prompt.
  private static let promptTokens = 256, promptPiece = 64
  /// The time for which events are collected before they are sent, if many texts are being generated.
  private static let flushInterval = Duration.milliseconds(40)
  private static let fewTexts = 4
  /// The time between two checks for orders that are late.
  private static let checkInterval = Duration.milliseconds(10)

  package nonisolated let network: InferenceModel
  package nonisolated let tokenizer: AnyTokenizer
  private let limits: ServerLimits
  private let metrics: ModelMetrics
  private let executor = QueueExecutor()
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  private var batch: GenerationBatch
  private var orders: [Int: OpenOrder] = [:]
  /// The orders with prompts that have not been started, in order of arrival.
  private var waiting: [Int] = []
  private var readers: [PromptReader] = []
  /// The order of each text in the batch, and its index in the order.
  private var texts: [Int: (order: Int, text: Int)] = [:]
  private var jobs: [@Sendable () -> Void] = []
  private var orderCount = 0
  /// The time of the next check for orders that are late.
  private var nextCheck = ContinuousClock.now
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
  /// - Parameter start: The time at which the request began, from which its time limit counts.
  /// - Throws: `ServerFailure` if too many orders wait.
  package func submit(
    _ order: GenerationOrder, since start: ContinuousClock.Instant = .now
  ) throws(ServerFailure) -> (number: Int, output: GenerationOutput) {
    guard waiting.count < limits.queue else { throw .queueFull }
    begin()
    orderCount += 1
    let number = orderCount
    let output = GenerationOutput { Task { await self.close(number) } }
    orders[number] = OpenOrder(order, output, deadline: start + .seconds(limits.requestSeconds))
    waiting.append(number)
    wake()
    return (number, output)
  }

  /// Resumes the paused texts of an order after its reader has caught up.
  package func resume(_ number: Int) {
    guard let parked = orders[number]?.parked, !parked.isEmpty else { return }
    orders[number]?.parked = []
    for (text, stream, memory) in parked {
      if let place = batch.join(stream, after: memory) { texts[place] = (number, text) }
    }
    wake()
  }

  /// Runs a short job between two steps of the batch; callers split long jobs into several.
  package func run<Result: Sendable>(_ job: @escaping @Sendable () throws -> Result) async throws -> Result {
    guard jobs.count < limits.queue else { throw ServerFailure.queueFull }
    begin()
    return try await withCheckedThrowingContinuation { continuation in
      jobs.append { continuation.resume(with: Swift.Result { try job() }) }
      wake()
    }
  }

  /// Stops the engine once its orders and jobs are finished, because another engine has replaced it.
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
      if !isRetired { metrics.set(texts: batch.count, waiting: waiting.count + jobs.count) }
      if batch.isEmpty && readers.isEmpty && jobs.isEmpty && (waiting.isEmpty || !hasPlace) {
        await sleep()
      } else if executor.hasWaitingJobs {
        await Task.yield()
      }
    }
    isWorking = false
  }

  /// Waits for work, or for the earliest deadline of an order.
  private func sleep() async {
    let alarm = orders.values.map(\.deadline).min().map { deadline in
      Task {
        try await Task.sleep(until: deadline + Self.checkInterval)
        wake()
      }
    }
    await withCheckedContinuation { idle = $0 }
    alarm?.cancel()
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
    guard now > nextCheck else { return }
    nextCheck = now + Self.checkInterval
    for (number, order) in orders where now > order.deadline { fail(number, .timeout) }
  }

  /// The number of texts that are being generated, are paused, or will be generated once their prompts have been read.
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
    // Each round begins with a different prompt, so that long prompts take turns.
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

  /// Starts the texts of a prompt that has been read.
  private func finish(_ reader: PromptReader) {
    guard let open = orders[reader.order] else { return }
    let (order, prompt) = (open.order, reader.prompt)
    let (before, recent) = (prompt.start?.recent ?? [], prompt.ids.suffix(TextState.reach))
    var events: [GenerationEvent] = []
    if order.promptAlternatives != nil { events.append(.prompt(reader.index, reader.predictions)) }
    let begun: GenerationStream
    do {
      begun = try GenerationStream(
        after: tokenizer.decode(before) + prompt.text, before + recent, tokenizer: tokenizer, options: order.options,
        random: RandomSource(seed: order.seed))
    } catch {
      return fail(reader.order, ServerFailure(error))
    }
    for text in 0..<order.textCount {
      let number = reader.index * order.textCount + text
      var stream = begun
      stream.random = RandomSource(seed: order.seed, stream: UInt64(number))
      if let place = batch.join(stream, after: reader.predictor.memory) {
        texts[place] = (reader.order, number)
      } else {
        events.append(.empty(text: number))
        if order.options.returnsMemory { events.append(.state(text: number, reader.predictor.memory)) }
        orders[reader.order]?.openCount -= 1
      }
    }
    orders[reader.order]?.events += events
    flush(reader.order)
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
        // The end of a text does not wait for the other texts of its order.
        orders[number]?.lastFlush = nil
      case .failure(let error):
        texts[step.text] = nil
        fail(number, ServerFailure(error))
      }
    }
    for number in changed { flush(number) }
  }

  // MARK: Events

  /// Sends the events of an order if they are due; otherwise they are sent with later ones.
  private func flush(_ number: Int) {
    guard let open = orders[number] else { return }
    let now = ContinuousClock.now
    let isEnd = open.openCount == 0
    let isDue = batch.count <= Self.fewTexts || open.lastFlush.map { now - $0 > Self.flushInterval } ?? true
    guard isEnd || isDue && !open.events.isEmpty else { return }
    orders[number]?.events = []
    orders[number]?.lastFlush = now
    let isFull = open.output.append(open.events, isEnd: isEnd)
    if isEnd {
      orders[number] = nil
    } else if isFull && open.order.isStreamed {
      park(number)
    }
  }

  /// Removes the texts of an order from the batch until its reader has caught up.
  private func park(_ number: Int) {
    orders[number]?.parked += leave(number)
    metrics.countPause()
  }

  /// Removes the texts of an order from the batch and returns them.
  private func leave(
    _ number: Int
  ) -> [(text: Int, stream: GenerationStream, memory: NeuralPredictor.Memory)] {
    let places = texts.filter { $0.value.order == number }
    for place in places.keys { texts[place] = nil }
    return batch.leave(Set(places.keys)).map { (places[$0.text]?.text ?? 0, $0.stream, $0.memory) }
  }

  private func fail(_ number: Int, _ failure: ServerFailure) {
    _ = orders[number]?.output.append((orders[number]?.events ?? []) + [.failure(failure)], isEnd: true)
    close(number)
  }

  private func close(_ number: Int) {
    guard orders.removeValue(forKey: number) != nil else { return }
    waiting.removeAll { $0 == number }
    readers.removeAll { $0.order == number }
    _ = leave(number)
    wake()
  }
}
#endif
