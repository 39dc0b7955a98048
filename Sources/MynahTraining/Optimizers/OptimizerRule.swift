public import MynahTensors

/// A rule by which gradients become updates: its constants, without what is remembered from step to step.
///
/// A sparse gradient counts as the dense one that it stands for, zeros filled in: each rule gives what PyTorch's optimiser of
/// its name gives for dense gradients. Where a zero changes nothing (gradient descent and Adagrad without weight decay), rows
/// without a gradient are not visited.
public protocol OptimizerRule: Hashable, Codable, Sendable {
  /// The rule with its usual constants.
  init()
  /// The rule's name.
  static var kind: OptimizerKind { get }
  /// The names of its slots: of each it remembers, for every parameter, a tensor of the parameter's shape.
  var slotNames: [String] { get }
  /// What is wrong with the constants, in words; nil if they can be used.
  var defect: String? { get }

  /// Updates weights and what is remembered.
  ///
  /// - Parameters:
  ///   - weights: A tensor a parameter.
  ///   - memory: What is remembered; its `stepCount` counts this step too.
  ///   - gradients: One a parameter, of its shape.
  ///   - step: The numbers of this step.
  func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep)

  /// Hears the mean validation losses of all epochs, first to last, when an epoch has ended.
  func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory)

  /// The name of the slot whose tensors are evaluated and kept in place of the weights; nil: the weights themselves.
  func evaluatedSlot(_ memory: OptimizerMemory) -> String?
}

extension OptimizerRule {
  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {}
  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? { nil }
}

/// The numbers of one update.
public struct UpdateStep: Hashable, Sendable {
  /// The learning rate.
  public let rate: Float
  /// What gradients are multiplied with first: the clip's factor.
  public let scale: Float

  /// Creates the numbers of an update.
  public init(rate: Float, scale: Float = 1) { (self.rate, self.scale) = (rate, scale) }
}

/// What an optimiser remembers from step to step: a count, numbers, and slots, which are tensors by parameter.
public struct OptimizerMemory: Sendable {
  /// The number of updates that were made.
  public internal(set) var stepCount = 0
  /// Numbers by name.
  public var numbers: [String: Double] = [:]
  /// Tensors by slot, one a parameter; a slot is missing until it is first used.
  package var slots: [String: [Tensor]] = [:]

  /// Creates an empty memory.
  public init() {}

  /// Calls `body` with the tensors of some slots, in place; a slot that is missing begins with one value everywhere.
  ///
  /// - Precondition: the slots were made for parameters of the same shapes.
  public mutating func withSlots(
    _ names: [String], of weights: [Tensor], initially value: Float = 0, _ body: (inout [[Tensor]]) -> Void
  ) {
    // Taken out, so that nobody else holds the tensors and they are changed in place.
    var tensors = names.map { name in
      slots.removeValue(forKey: name) ?? weights.map { Tensor(shape: $0.shape, repeating: value) }
    }
    for slot in tensors {
      precondition(
        slot.map(\.shape) == weights.map(\.shape),
        "the optimizer remembers another module's parameters: shapes \(slot.map(\.shape)), found \(weights.map(\.shape))"
      )
    }
    body(&tensors)
    for (name, slot) in zip(names, tensors) { slots[name] = slot }
  }
}
