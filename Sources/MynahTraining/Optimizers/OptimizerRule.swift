public import MynahTensors

/// A rule that turns gradients into updates: its constants, without what it remembers from step to step.
///
/// A type of your own that conforms to it trains, is saved and is resumed like the rules of this module; files are read
/// with an `OptimizerRules` list that contains it. The constants are the type's stored properties, coded under their
/// names.
///
/// A sparse gradient stands for the dense one with zeros filled in: each rule gives the same result as PyTorch's
/// optimizer of its name for dense gradients. Where a zero changes nothing (gradient descent and Adagrad without weight
/// decay), rows without a gradient are skipped.
public protocol OptimizerRule: Hashable, Codable, Sendable {
  /// The name in files and on command lines, unique among the rules of a list.
  static var name: String { get }
  /// A learning rate to start with.
  static var defaultLearningRate: Float { get }
  /// Creates the rule with its default constants.
  init()
  /// The names of its slots: each holds a tensor of a parameter's shape for every parameter.
  var slotNames: [String] { get }
  /// A sentence about what is wrong with the constants; nil if they can be used.
  var defect: String? { get }

  /// Updates the weights and the memory.
  ///
  /// - Parameters:
  ///   - weights: One tensor per parameter.
  ///   - memory: The memory; its `stepCount` includes this step.
  ///   - gradients: One per parameter, of its shape.
  ///   - step: The learning rate and the scale of this step.
  func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep)

  /// Updates the memory at the end of an epoch.
  ///
  /// - Parameter validationLosses: The mean validation losses of all epochs so far, first to last.
  func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory)

  /// The name of the slot whose tensors are evaluated and kept in place of the weights; nil: the weights themselves.
  func evaluatedSlot(_ memory: OptimizerMemory) -> String?
}

extension OptimizerRule {
  public var slotNames: [String] { [] }
  public var defect: String? { nil }
  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {}
  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? { nil }
}

/// The numbers of one update.
public struct UpdateStep: Hashable, Sendable {
  /// The learning rate.
  public let rate: Float
  /// The factor that gradients are multiplied by first, from clipping.
  public let scale: Float

  /// Creates the numbers of an update.
  public init(rate: Float, scale: Float = 1) { (self.rate, self.scale) = (rate, scale) }
}

/// The state of an optimizer: a count, numbers, and slots, which hold a tensor per parameter.
public struct OptimizerMemory: Sendable {
  /// The number of updates so far.
  public internal(set) var stepCount = 0
  /// Numbers by name.
  public var numbers: [String: Double] = [:]
  /// Tensors by slot, one per parameter; a slot is missing until it is first used.
  public var slots: [String: [Tensor]] = [:]

  /// Creates an empty memory.
  public init() {}

  /// Calls `body` with the tensors of some slots, in place; the elements of a missing slot start at `value`.
  ///
  /// - Precondition: the slots were made for parameters of the same shapes.
  public mutating func withSlots(
    _ names: [String], of weights: [Tensor], initially value: Float = 0, _ body: (inout [[Tensor]]) -> Void
  ) {
    // Moved out, so that the tensors have a single owner and are changed in place.
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
