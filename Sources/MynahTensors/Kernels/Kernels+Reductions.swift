internal import CMynah

extension Kernels {
  static func sum(_ x: Source) -> Double { unsafe table.pointee.sum(x.baseAddress, x.count) }

  static func sumOfSquares(_ x: Source) -> Double { unsafe table.pointee.sum_of_squares(x.baseAddress, x.count) }

  /// Sums rows of `width` elements on the threads of the current team: sums[u] = Σ x[order[j]] over j in starts[u] ..<
  /// starts[u + 1]; no sum is empty.
  static func addRows(_ sums: Target, _ x: Source, order: [Int32], starts: [Int], width: Int) {
    unsafe ThreadTeam.withCurrent { team in
      unsafe table.pointee.add_rows(team, sums.baseAddress, x.baseAddress, order, starts, starts.count - 1, width)
    }
  }
}
