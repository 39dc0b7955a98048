internal import CMynah

extension Kernels {
  /// Computes y = x · scale where an element's 32-bit random word is below `threshold`, else 0, on the threads of the
  /// current team.
  ///
  /// Two elements share a 64-bit draw of the source, its lower half first.
  ///
  /// - Parameter first: The index of the first element among those that share the source.
  static func dropout(
    _ y: Target, _ x: Source, keeping threshold: UInt32, scale: Float, using random: RandomSource, from first: Int = 0
  ) {
    var mask = mynah_dropout_mask(
      seed: random.seed, stream: random.stream, first: 2 * random.position + UInt64(first), threshold: threshold,
      scale: scale)
    unsafe ThreadTeam.withCurrent { team in
      unsafe table.pointee.dropout(team, y.baseAddress, x.baseAddress, x.count, &mask)
    }
  }
}
