// A walk through the panels of a matrix, which selects the tile and the number of rows for each product with a panel.

/// A packed matrix that products read panel by panel.
typedef struct {
  const char *panels;
  size_t bytes, columns;     // of a panel
  const packed_tile *tiles;  // [rows − 1]
  size_t most_rows;          // of a tile
  bool on_matrix_tiles;
  matrix_walk matrix;
} panel_walk;

/// The rows of the largest tile.
enum { MOST_TILE_ROWS = HAS_AMX ? (int)MOST_MATRIX_ROWS : (int)MOST_ROWS };

/// Begins a walk for products of `rows` rows; `end_walk` ends it.
INLINE panel_walk walk_of(const mynah_packed *m, size_t rows) {
  const size_t vectors = vectors_in_panel(blocks_in(m));
  const bool matrix = on_matrix_tiles(m->kind, rows);
  return (panel_walk){
      .panels = m->panels,
      .bytes = bytes_of_panel(m),
      .columns = m->columns,
      .tiles = packed_tiles[m->kind][vectors - 3],
      .most_rows = matrix ? MOST_TILE_ROWS : MOST_ROWS,
      .on_matrix_tiles = matrix,
      .matrix = {.kind = m->kind, .vectors = vectors, .blocks = blocks_of_words(words_of_row(m))},
  };
}
INLINE void end_walk(const panel_walk *m) {
  if (m->on_matrix_tiles) release_tiles();
}

/// The number of tiles for `rows` rows, and the rows of tile `index`, divided evenly among the minimum number of tiles.
/// A single tile needs no division.
INLINE size_t row_tile_count(const panel_walk *m, size_t rows) { return (rows + m->most_rows - 1) / m->most_rows; }
INLINE range row_tile(size_t rows, size_t count, size_t index) {
  if (count == 1) return (range){0, rows};
  size_t height = (rows + count - 1) / count;
  return (range){index * height, minimum(rows, (index + 1) * height)};
}

/// Multiplies row tile number `tile` with a panel, and fetches a part of the panel `next` meanwhile.
INLINE void multiply_panel(panel_walk *m, size_t panel, size_t next, size_t tile, size_t rows, float *to, size_t stride,
                           const float *start, size_t start_stride, tile_rows x) {
  const char *here = m->panels + panel * m->bytes, *ahead = m->panels + next * m->bytes;
  if (m->on_matrix_tiles) {
    multiply_on_matrix_tiles(&m->matrix, here, tile == 0 ? ahead : NULL, rows, to, stride, start, start_stride, x);
    return;
  }
  ahead += (tile < AHEAD_PARTS ? tile : 0) * (m->bytes / AHEAD_PARTS);
  m->tiles[rows - 1](&(packed_operands){to, stride, start, start_stride, here, m->columns, x, ahead});
}
