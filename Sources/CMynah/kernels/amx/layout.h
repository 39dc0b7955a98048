// The layout of packed and of kept matrices in tiles.

enum { SIDE = 16, DEPTH = 32, TILE_BYTES = 1024, MOST_PLANES = 3, KEPT_WIDTH = 2 * SIDE, KEPT_TOGETHER = KEPT_WIDTH, K_BLOCK = 512,
       MOST_PAIRS = 4 };

INLINE size_t planes_of(form form) { return form == FORM_BFLOAT16 ? 1 : MOST_PLANES; }

/// Products of few rows leave tiles half empty and wait for B's bytes: 4 a number for multiply-adds, 6 in planes.
INLINE form form_for(mynah_precision precision, size_t rows) {
  return precision == MYNAH_FLOAT32 && rows <= MYNAH_FEW_ROWS ? FORM_FEW_ROWS : (form)precision;
}

// MARK: Panels

INLINE size_t side_tiles(size_t n) { return (n + SIDE - 1) / SIDE; }
INLINE size_t depth_blocks(size_t k) { return (k + DEPTH - 1) / DEPTH; }
/// A panel is a pair of tile columns; the last may be a single one.
INLINE range all_panels(size_t n) { return (range){0, (side_tiles(n) + 1) / 2}; }
/// The first column of a panel.
INLINE size_t panel_start(size_t n, size_t panel) {
  (void)n;
  return panel * 2 * SIDE;
}
INLINE size_t packed_size(size_t n, size_t k) {
  return side_tiles(n) * depth_blocks(k) * MOST_PLANES * (TILE_BYTES / sizeof(float));
}

// MARK: Kept matrices

/// Panels of KEPT_WIDTH columns, all rows of one after another: [panel][row][KEPT_WIDTH]. So the rows, or columns, of a
/// tile are contiguous.
INLINE size_t kept_size(size_t rows, size_t n) { return (n + KEPT_WIDTH - 1) / KEPT_WIDTH * KEPT_WIDTH * rows; }
INLINE float *kept_vector(float *kept, size_t rows, size_t n, size_t r, size_t v) {
  (void)n;
  return kept + (v / 2 * rows + r) * KEPT_WIDTH + v % 2 * LANES;
}
/// The rows from `row0` on, and the columns from `first` on (a panel's first), as a product's A.
INLINE operand kept_rows(const float *kept, size_t rows, size_t n, size_t row0, size_t first) {
  (void)n;
  return (operand){kept + first * rows + row0 * KEPT_WIDTH, KEPT_WIDTH, 1, 0, rows * KEPT_WIDTH};
}
/// The columns from `first` on (a panel's first), of the rows from `row0` on, as a product's A.
INLINE operand kept_columns(const float *kept, size_t rows, size_t n, size_t row0, size_t first) {
  (void)n;
  return (operand){kept + first * rows + row0 * KEPT_WIDTH, 1, KEPT_WIDTH, rows * KEPT_WIDTH, 0};
}
/// `count` columns from `first` on (a panel's first), of the rows from `row0` on, as a product's C. Sums begin with one row (a
/// bias), or with the existing values if it is NULL.
INLINE product kept_product(float *kept, size_t rows, size_t n, size_t row0, size_t first, size_t count, const float *bias,
                            const float *packed) {
  (void)n;
  float *c = kept + first * rows + row0 * KEPT_WIDTH;
  return (product){c, KEPT_WIDTH, bias ? bias : c, bias ? 0 : KEPT_WIDTH, packed, count, all_panels(count), true, rows * KEPT_WIDTH};
}

// MARK: A

/// The address of element (row, k) of an A; k begins a block.
INLINE const float *element(const operand *a, size_t row, size_t k) {
  const float *p = a->base;
  p += a->row_group_stride ? row / KEPT_WIDTH * a->row_group_stride + row % KEPT_WIDTH * a->row_stride : row * a->row_stride;
  return p + (a->k_group_stride ? k / KEPT_WIDTH * a->k_group_stride : k * a->k_stride);
}
