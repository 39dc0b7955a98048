// Matrices that products write and others read again.

enum { KEPT_WIDTH = LANES, KEPT_TOGETHER = 1 << 30 };  // columns that are shared out together, and that are contiguous in a row

/// Rows of `n` columns, an odd number of vectors apart, which spreads a column over all sets of a cache.
INLINE size_t kept_stride(size_t n) { return (vectors_of(n) | 1) * LANES; }
INLINE size_t kept_size(size_t rows, size_t n) { return rows * kept_stride(n); }
INLINE float *kept_vector(float *kept, size_t rows, size_t n, size_t r, size_t v) {
  (void)rows;
  return kept + r * kept_stride(n) + v * LANES;
}
/// The rows from `row0` on, and the columns from `first` on, as a product's A.
INLINE operand kept_rows(const float *kept, size_t rows, size_t n, size_t row0, size_t first) {
  (void)rows;
  return rows_of(kept + row0 * kept_stride(n) + first, kept_stride(n));
}
/// The columns from `first` on, of the rows from `row0` on, as a product's A.
INLINE operand kept_columns(const float *kept, size_t rows, size_t n, size_t row0, size_t first) {
  (void)rows;
  return columns_of(kept + row0 * kept_stride(n) + first, kept_stride(n));
}
/// `count` columns from `first` on, of the rows from `row0` on, as a product's C. Sums begin with one row (a bias), or with
/// the existing values if it is NULL.
INLINE product kept_product(float *kept, size_t rows, size_t n, size_t row0, size_t first, size_t count, const float *bias,
                            const float *packed) {
  (void)rows;
  float *c = kept + row0 * kept_stride(n) + first;
  return (product){c, kept_stride(n), bias ? bias : c, bias ? 0 : kept_stride(n), packed, count, all_panels(count), true, 0};
}
