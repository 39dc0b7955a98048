// Kept matrices: what one product writes and others read, by rows or by columns.
//
// Groups of KEPT_WIDTH columns follow one another, each with all rows: [group][row][KEPT_WIDTH]. A tile's rows, or its
// columns, are then contiguous, whichever way it reads. The rows of a group are an odd number, which spreads the
// groups over all sets of a cache.

/// The stride between groups of a matrix of `rows` rows.
INLINE size_t kept_stride(size_t rows) { return (rows | 1) * KEPT_WIDTH; }
INLINE size_t kept_size(size_t rows, size_t n) { return kept_groups(n) * kept_stride(rows); }
/// Vector v of row r.
INLINE float *kept_vector(float *kept, size_t rows, size_t r, size_t v) {
  return kept + v / KEPT_VECTORS * kept_stride(rows) + r * KEPT_WIDTH + v % KEPT_VECTORS * LANES;
}

// MARK: As operands

/// The place of row `row`, and of column `first`, which begins a group.
INLINE size_t kept_offset(size_t rows, size_t row, size_t first) {
  return first / KEPT_WIDTH * kept_stride(rows) + row * KEPT_WIDTH;
}
/// The rows from `row0` on, and the columns from `first` on, as a product's A.
INLINE operand kept_rows(const float *kept, size_t rows, size_t row0, size_t first) {
  return (operand){kept + kept_offset(rows, row0, first), KEPT_WIDTH, 1, 0, kept_stride(rows)};
}
/// The columns from `first` on, of the rows from `row0` on, as a product's A.
INLINE operand kept_columns(const float *kept, size_t rows, size_t row0, size_t first) {
  return (operand){kept + kept_offset(rows, row0, first), 1, KEPT_WIDTH, kept_stride(rows), 0};
}
/// `count` columns from `first` on, of the rows from `row0` on, as a product's C. Sums begin with one row (a bias), or
/// with the existing values if it is NULL.
INLINE product kept_product(float *kept, size_t rows, size_t row0, size_t first, size_t count, const float *bias,
                            const float *packed) {
  float *c = kept + kept_offset(rows, row0, first);
  return (product){.c = c,
                   .ldc = KEPT_WIDTH,
                   .start = bias ? bias : c,
                   .start_stride = bias ? 0 : KEPT_WIDTH,
                   .packed = packed,
                   .n = count,
                   .panels = all_panels(count),
                   .whole_vectors = true,
                   .group_stride = kept_stride(rows)};
}
