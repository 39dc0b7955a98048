import Foundation
import Mynah
import Testing

@Suite("A caller's programming error ends the process with a message in every build")
struct RequirementTests {
  /// Checks that a process failed with a message.
  private func expect(_ message: String, in result: ExitTest.Result?) {
    let errors = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(errors.contains("Fatal error: \(message)"), "\(errors.prefix(300))")
  }

  @Test("Invalid tensor operations end the process with a message that contains the shapes")
  func tensors() async {
    expect(
      "shapes [2, 3] and [2, 4] do not broadcast",
      in: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3]) + Tensor.zeros([2, 4])
      })
    expect(
      "index 3 is outside of axis 1 of shape [2, 3]",
      in: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.zeros([2, 3]).gathered([3], axis: 1)
      })
  }

  @Test("Invalid arguments to models, inference and training end the process with a message")
  func models() async {
    expect(
      "a state has at least one stream, got 0",
      in: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var random = RandomSource(seed: 1)
        let model = LanguageModel(
          LanguageModelConfiguration(vocabulary: 3, embedding: 2, layers: [.lstm(2)]), using: &random)
        _ = InferenceModel(model).initialState(batchSize: 0)
      })
    expect(
      "a length must not be negative, got -1",
      in: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = GenerationOptions(length: -1)
      })
    expect(
      "the number of batches and the batch size must be positive, got 0 and 1",
      in: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = EpochBatches(Dataset([Batch]()), count: 0, batchSize: 1)
      })
  }
}
