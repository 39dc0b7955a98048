// Kept matrices: matrices that one product writes and others read, by rows or by columns.
//
// Groups of KEPT_WIDTH columns follow one another, each with all rows: [group][row][KEPT_WIDTH]. Whether a tile reads
// by rows or by columns, its elements are contiguous. The number of rows in a group is padded to an odd number, which
// distributes the groups over all cache sets.

/// The stride between groups of a matrix of `rows` rows.
INLINE size_t kept_stride(size_t rows) { return (rows | 1) * KEPT_WIDTH; }
INLINE size_t kept_size(size_t rows, size_t n) { return kept_groups(n) * kept_stride(rows); }
/// Vector v of row r.
INLINE float *kept_vector(float *kept, size_t rows, size_t r, size_t v) {
  return kept + v / KEPT_VECTORS * kept_stride(rows) + r * KEPT_WIDTH + v % KEPT_VECTORS * LANES;
}

// MARK: As operands

/// The offset of row `row` and column `first`, which must begin a group.
INLINE size_t kept_offset(size_t rows, size_t row, size_t first) {
  return first / KEPT_WIDTH * kept_stride(rows) + row * KEPT_WIDTH;
}
/// The rows from `row0` on, and the columns from `first` on, as a product's A.
INLINE operand kept_rows(const float *kept, size_t rows, size_t row0, size_t first) {
  return (operand){.base = kept + kept_offset(rows, row0, first),
                   .row_stride = KEPT_WIDTH,
                   .k_stride = 1,
                   .k_group_stride = kept_stride(rows)};
}
/// The columns from `first` on, of the rows from `row0` on, as a product's A.
INLINE operand kept_columns(const float *kept, size_t rows, size_t row0, size_t first) {
  return (operand){.base = kept + kept_offset(rows, row0, first),
                   .row_stride = 1,
                   .k_stride = KEPT_WIDTH,
                   .row_group_stride = kept_stride(rows)};
}
/// `count` columns from `first` on, of the rows from `row0` on, as a product's C. Sums begin with one row (a bias), or
/// with the existing values if `bias` is NULL.
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

// MARK: In pairs of bfloat16 values, as dot products read them in place

/// The size of a matrix whose neighbouring columns are pairs, [group][row][KEPT_WIDTH / 2].
INLINE size_t column_pairs_size(size_t rows, size_t n) { return kept_size(rows, n) / 2; }
/// Keeps vector v of `count` ≤ 2 rows from r on: half a vector of pairs each.
INLINE void keep_column_pairs(float *kept, size_t rows, size_t r, size_t v, const vfloat x[2], const size_t count) {
  float *place = kept + v / KEPT_VECTORS * (kept_stride(rows) / 2) + r * (KEPT_WIDTH / 2);
  place += v % KEPT_VECTORS * (LANES / 2);
  if (KEPT_VECTORS == 1 && count == 2) store(place, pairs_of_two(x[0], x[1]));  // the rows are contiguous
  else for (size_t i = 0; i < count; i++) *(vpairs *)(place + i * (KEPT_WIDTH / 2)) = neighbouring_pairs(x[i]);
}
/// All rows as a product's A.
INLINE operand column_pairs_of(const float *kept, size_t rows) {
  return (operand){.base = kept,
                   .row_stride = KEPT_WIDTH / 2,
                   .k_stride = 1,
                   .k_group_stride = kept_stride(rows) / 2,
                   .in_pairs = true};
}

/// The size of a matrix whose neighbouring rows are pairs, [group][pair of rows][KEPT_WIDTH].
INLINE size_t row_pairs_size(size_t rows, size_t n) { return kept_size(pairs_of(rows), n); }
/// Vector v of rows r and r + 1, r being even.
INLINE float *row_pairs_vector(float *kept, size_t rows, size_t r, size_t v) {
  return kept_vector(kept, pairs_of(rows), r / 2, v);
}
/// The columns from `first` on as a product's A.
INLINE operand row_pairs_of(const float *kept, size_t rows, size_t first) {
  operand a = kept_columns(kept, pairs_of(rows), 0, first);
  a.in_pairs = true;
  return a;
}
