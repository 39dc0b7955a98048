import Foundation
import MynahIO
public import MynahTensors

/// Adam: steps along the running mean of the gradients, divided elementwise by the root of their running mean square.
///
///     w ← (1 − rate·λ) w
///     m ← β₁ m + (1 − β₁) g     v ← β₂ v + (1 − β₂) g²     (g times scale)
///     w ← w − rate · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)
///
/// With β₁ = 0, m is the gradient and takes no memory. D. Kingma, J. Ba, "Adam: a method for stochastic optimization",
/// 2015. The weight decay λ is decoupled from the gradients (AdamW: I. Loshchilov, F. Hutter, "Decoupled weight decay
/// regularization", 2019). AMSGrad divides by the largest v so far (S. Reddi, S. Kale, S. Kumar, "On the convergence of
/// Adam and beyond", 2018). Rows that are missing from a sparse gradient have a gradient of 0: their moments decay, and
/// they are still updated.
public struct Adam: OptimizerRule {
  public static let name = "adam"
  public static let defaultLearningRate: Float = 0.001

  /// β₁ and β₂, the decay rates of the moments: 0 ≤ β < 1.
  public let beta1, beta2: Float
  /// ε, added to the root for numerical stability: positive.
  public let epsilon: Float
  /// λ, the decoupled weight decay; each step multiplies the weights by 1 − rate·λ: 0 or more.
  public let weightDecay: Float
  /// A Boolean value indicating whether v̂ is the largest value so far (AMSGrad).
  public let isAMSGrad: Bool
  /// The start of weight averaging; nil: never.
  public let averaging: WeightAveraging?

  /// Creates the rule with the paper's constants.
  public init() { self.init(beta1: 0.9) }

  /// Creates the rule; the defaults are the paper's.
  ///
  /// - Precondition: The constants are within their ranges.
  public init(
    beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0, isAMSGrad: Bool = false,
    averaging: WeightAveraging? = nil
  ) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    (self.weightDecay, self.isAMSGrad, self.averaging) = (weightDecay, isAMSGrad, averaging)
    if let defect { requirementFailure(defect) }
  }

  public var slotNames: [String] { ownSlots + (averaging == nil ? [] : [WeightAveraging.slot]) }

  private var ownSlots: [String] { (beta1 > 0 ? ["first"] : []) + ["second"] + (isAMSGrad ? ["largest"] : []) }

  public var defect: String? {
    if !(0..<1).contains(beta1) || !(0..<1).contains(beta2) {
      return "betas must be in [0, 1), found \(beta1), \(beta2)"
    }
    if !(epsilon > 0 && epsilon.isFinite) { return "epsilon must be positive, found \(epsilon)" }
    return averaging?.defect ?? weightDecayDefect(weightDecay)
  }

  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {
    averaging?.endEpoch(validationLosses: validationLosses, &memory)
  }

  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? { averaging?.evaluatedSlot(memory) }

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    let numbers = Numbers(self, step, stepCount: memory.stepCount)
    memory.withSlots(ownSlots, of: &weights) { weights, slots in
      if isAMSGrad {
        Self.updateWithLargest(&weights, &slots, gradients, numbers)
      } else {
        Kernels.adam(&weights, &slots, gradients, numbers)
      }
    }
    averaging?.update(&weights, &memory)
  }

  /// The constants of one step: step t uses the rate / (1 − β₁ᵗ) and multiplies √v by 1 / √(1 − β₂ᵗ), and the weights
  /// by `keep` before.
  struct Numbers {
    let keep, beta1, beta2, epsilon, rate, rootScale, scale: Float

    init(_ adam: Adam, _ step: UpdateStep, stepCount: Int) {
      (beta1, beta2, epsilon, scale) = (adam.beta1, adam.beta2, adam.epsilon, step.scale)
      keep = 1 - step.rate * adam.weightDecay
      let t = Double(stepCount)
      rate = Float(Double(step.rate) / (1 - pow(Double(beta1), t)))
      rootScale = Float(1 / (1 - pow(Double(beta2), t)).squareRoot())
    }
  }

  /// Performs an AMSGrad update; the slots are m, unless β₁ is 0, v and the largest v.
  private static func updateWithLargest(
    _ weights: inout [Tensor], _ slots: inout [[Tensor]], _ gradients: [Gradient], _ numbers: Numbers
  ) {
    for index in weights.indices {
      unsafe withUnsafeMutableElements(of: &slots, index) { moments in
        let first = unsafe moments.count == 3 ? moments[0] : nil
        let (second, largest) = unsafe (moments[moments.count - 2], moments[moments.count - 1])
        unsafe weights[index].withUnsafeMutableElements { weights in
          unsafe gradients[index].forEachStretch(visitingZeros: true) { start, gradient in
            for i in gradient.indices {
              let (place, g) = unsafe (start + i, numbers.scale * gradient[i])
              let m = unsafe first.map { unsafe $0[place] + (1 - numbers.beta1) * (g - $0[place]) } ?? g
              let v = unsafe numbers.beta2 * second[place] + (1 - numbers.beta2) * g * g
              let top = unsafe max(largest[place], v)
              unsafe first?[place] = m
              unsafe (second[place], largest[place]) = (v, top)
              let move = numbers.rate * m / (top.squareRoot() * numbers.rootScale + numbers.epsilon)
              unsafe weights[place] = numbers.keep * weights[place] - move
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the elements of one parameter's tensors in all slots.
  private static func withUnsafeMutableElements(
    of slots: inout [[Tensor]], _ index: Int, _ body: ([UnsafeMutablePointer<Float>]) -> Void
  ) {
    var tensors: [Tensor] = []
    for slot in slots.indices {
      tensors.append(slots[slot][index])
      slots[slot][index] = Tensor(0)  // so that `tensors` holds the only reference
    }
    unsafe withUnsafeMutableBases(of: &tensors) { unsafe body($0) }
    for slot in slots.indices { slots[slot][index] = tensors[slot] }
  }
}
