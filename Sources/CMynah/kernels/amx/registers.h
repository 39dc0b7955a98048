// The tile registers of AMX, for the matrix product and for inference.

enum { SIDE = 16, LINE = 64 };

/// The number of rows of the upper tile if `rows` ≤ 2·SIDE rows are divided between two tiles; up to SIDE rows are one
/// tile.
INLINE size_t top_rows(size_t rows) { return rows <= SIDE ? rows : (rows + 1) / 2; }

/// Sets the shapes of the registers. A register without rows or bytes gets the smallest shape, because an empty shape
/// next to others is invalid.
INLINE void configure_registers(const size_t rows[8], const size_t bytes[8]) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } shape = {.palette = 1};
  for (size_t i = 0; i < 8; i++) {
    shape.rows[i] = (uint8_t)(rows[i] ? rows[i] : 1);
    shape.bytes[i] = (uint16_t)(bytes[i] ? bytes[i] : 4);
  }
  _tile_loadconfig(&shape);
}
