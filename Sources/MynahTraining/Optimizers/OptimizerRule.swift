import MynahIO
public import MynahTensors

/// A rule that computes updates from gradients: its constants, without the state.
///
/// A custom type that conforms to this protocol can be trained with, saved and resumed like the rules of this module;
/// files are read with an `OptimizerRules` list that contains it. The constants are the type's stored properties,
/// encoded under their names.
///
/// A sparse gradient is equivalent to the dense one with zeros filled in: each rule gives the same result as PyTorch's
/// optimizer of the same name on dense gradients. Where a zero has no effect (SGD and Adagrad without weight decay),
/// rows without a gradient are skipped.
///
/// A rule updates each element independently, from the element, its gradient and its state. If several ranks train,
/// each rank calls the rule with some rows of each parameter.
public protocol OptimizerRule: Hashable, Codable, Sendable {
  /// The name in files, unique among the rules of a list.
  static var name: String { get }
  /// The default learning rate.
  static var defaultLearningRate: Float { get }
  /// Creates the rule with its default constants.
  init()
  /// The names of the rule's slots: each slot contains one tensor per parameter, of the same shape.
  var slotNames: [String] { get }
  /// A description of what is wrong with the constants; nil if they are valid.
  var defect: String? { get }
  /// A Boolean value indicating whether an update keeps the weights of rows that a sparse gradient lacks; false if
  /// unknown.
  var skipsMissingRows: Bool { get }

  /// Updates the weights and the state.
  ///
  /// - Parameters:
  ///   - weights: One tensor per parameter.
  ///   - memory: The state; its `stepCount` includes this step.
  ///   - gradients: One gradient per parameter, of the same shape.
  ///   - step: The learning rate and the scale of this step.
  func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep)

  /// Updates the state at the end of an epoch.
  ///
  /// - Parameter validationLosses: The mean validation losses of all epochs so far, oldest first.
  func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory)

  /// Returns the name of the slot whose tensors are evaluated and kept instead of the weights; nil for the weights
  /// themselves.
  func evaluatedSlot(_ memory: OptimizerMemory) -> String?
}

extension OptimizerRule {
  public var slotNames: [String] { [] }
  public var defect: String? { nil }
  public var skipsMissingRows: Bool { false }
  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {}
  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? { nil }
}

/// The parameters of one update.
public struct UpdateStep: Hashable, Sendable {
  /// The learning rate.
  public let rate: Float
  /// The factor that gradients are multiplied by first, from clipping.
  public let scale: Float

  /// Creates the parameters of an update.
  public init(rate: Float, scale: Float = 1) { (self.rate, self.scale) = (rate, scale) }
}

/// The state of an optimizer: a step count, named numbers, and slots with one tensor per parameter.
public struct OptimizerMemory: Sendable {
  /// The number of updates so far.
  public internal(set) var stepCount = 0
  /// The numbers, by name.
  public var numbers: [String: Double] = [:]
  /// The tensors by slot, one per parameter; a slot is missing until its first use.
  public var slots: [String: [Tensor]] = [:]

  /// Creates an empty state.
  public init() {}

  /// Calls `body` with the weights and the tensors of some slots, all of which it can update in place; the elements of
  /// a missing slot are initialised to `value`.
  ///
  /// The weights are passed to `body` because a closure that captured them instead would update a copy.
  ///
  /// - Precondition: The slots were created for parameters of the same shapes.
  public mutating func withSlots(
    _ names: [String], of weights: inout [Tensor], initially value: Float = 0,
    _ body: (_ weights: inout [Tensor], _ slots: inout [[Tensor]]) -> Void
  ) {
    // Moved out of the dictionary, so that the tensors are uniquely referenced and are updated in place.
    var tensors = names.map { name in
      slots.removeValue(forKey: name) ?? weights.map { Tensor(shape: $0.shape, repeating: value) }
    }
    for slot in tensors {
      require(
        slot.map(\.shape) == weights.map(\.shape),
        "the optimizer remembers another module's parameters: shapes \(slot.map(\.shape)), "
          + "found \(weights.map(\.shape))"
      )
    }
    body(&weights, &tensors)
    for (name, slot) in zip(names, tensors) { slots[name] = slot }
  }
}
