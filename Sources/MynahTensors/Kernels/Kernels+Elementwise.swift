internal import CMynah

extension Kernels {
  static func exp(_ y: Target, _ x: Source) {
    unsafe table.pointee.exp(y.baseAddress, x.baseAddress, x.count)
  }

  static func tanh(_ y: Target, _ x: Source) {
    unsafe table.pointee.tanh(y.baseAddress, x.baseAddress, x.count)
  }

  static func sigmoid(_ y: Target, _ x: Source) {
    unsafe table.pointee.sigmoid(y.baseAddress, x.baseAddress, x.count)
  }

  /// Adds a multiple in place: y += a · x.
  static func axpy(_ y: Target, _ x: Source, _ a: Float) {
    unsafe table.pointee.axpy(y.baseAddress, x.baseAddress, a, x.count)
  }
}
