/// The rows of a batch that a pass computes.
///
/// Dropout masks are functions of the row in the whole batch, so a batch has the same masks in one pass and in several.
package struct BatchRows: Hashable, Sendable {
  /// The first row.
  package let first: Int
  /// The number of rows of the whole batch.
  package let total: Int

  package init(first: Int, total: Int) { (self.first, self.total) = (first, total) }
}
