internal import CMynah

extension Kernels {
  /// y = x · scale where the element's word of the source's stream is below `threshold`, else 0, on the threads of the
  /// current team; two elements share a draw of 64 bits, its lower half first.
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
