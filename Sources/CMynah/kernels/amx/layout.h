// The layout of packed and of kept matrices in tiles.

enum { DEPTH = 32, TILE_BYTES = 1024, MOST_PLANES = 3, K_BLOCK = 512, MOST_PAIRS = 4 };

INLINE size_t planes_of(form form) { return form == FORM_BFLOAT16 ? 1 : MOST_PLANES; }

/// Products of few rows leave tiles half empty and are bound by reading B: 4 bytes per element for multiply-adds, 6 in
/// planes.
INLINE form form_for(mynah_precision precision, size_t rows) {
  return precision == MYNAH_FLOAT32 && rows <= MYNAH_FEW_ROWS ? FORM_FEW_ROWS : (form)precision;
}

// MARK: Panels

INLINE size_t side_tiles(size_t n) { return (n + SIDE - 1) / SIDE; }
INLINE size_t depth_blocks(size_t k) { return (k + DEPTH - 1) / DEPTH; }
/// A panel is a pair of tile columns; the last panel may have only one.
INLINE range all_panels(size_t n) { return (range){0, (side_tiles(n) + 1) / 2}; }
/// The first column of a panel.
INLINE size_t panel_start(size_t n, size_t panel) {
  (void)n;
  return panel * 2 * SIDE;
}
INLINE size_t packed_size(size_t n, size_t k) {
  return side_tiles(n) * depth_blocks(k) * MOST_PLANES * (TILE_BYTES / sizeof(float));
}
