import Foundation
import Mynah

extension Tensor {
  /// ln(1 + e^x) of each element x.
  func softplus() -> Tensor { map { max($0, 0) + Foundation.log1p(Foundation.exp(-abs($0))) } }
}

extension Variable {
  /// ln(1 + e^x) of each element x, differentiable.
  func softplus() -> Variable {
    let x = value
    return .custom(parents: [self], outputs: [x.softplus()]) { arrived in
      [arrived[0].map { .dense($0.dense * x.sigmoid()) }]
    }[0]
  }
}
