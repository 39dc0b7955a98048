// Rows of x in the form that products with packed weights read, rounded like the weights.
//
//   float32   read in place
//   bfloat16  pairs along k if instructions multiply pairs, else float32 values that were rounded
//   int8      bytes offset by 128, and a scale per row

enum { HAS_PAIRS = HAS_DOT || HAS_AMX };

/// Rows that are multiplied with a panel: float32 values, or 32-bit words along k, `words_stride` bytes apart.
typedef struct {
  const float *x;
  size_t stride;
  const uint8_t *words;
  size_t words_stride;
  const float *scales;
} tile_rows;

INLINE tile_rows rows_from(tile_rows x, size_t row) {
  x.x += row * x.stride;
  if (x.words) x.words += row * x.words_stride, x.scales += row;
  return x;
}

INLINE size_t up_to_line(size_t bytes) { return (bytes + 63) / 64 * 64; }

/// The memory for rounded rows.
typedef struct {
  uint8_t *words;
  float *scales;
} rounded_rows;

/// The bytes of a rounded row: an odd number of cache lines, so that rows lie in different sets of the cache; 0 for
/// rows that are read in place.
INLINE size_t rounded_row_bytes(const mynah_packed *m) {
  if (m->kind == MYNAH_WEIGHTS_FLOAT32) return 0;
  bool as_words = HAS_PAIRS || m->kind == MYNAH_WEIGHTS_INT8;
  size_t bytes = (as_words ? words_of_row(m) : padded(m->columns)) * 4;
  return (up_to_line(bytes) / 64 | 1) * 64;
}

INLINE size_t rounded_bytes(size_t rows, size_t row_bytes) {
  return row_bytes ? up_to_line(rows * sizeof(float)) + rows * row_bytes : 0;
}

/// Returns one of several equally large parts of the memory, for up to `rows` rows of up to `row_bytes` bytes.
INLINE rounded_rows rounded_at(void *memory, size_t rows, size_t row_bytes, size_t index) {
  char *own = (char *)memory + index * rounded_bytes(rows, row_bytes);
  return (rounded_rows){(uint8_t *)own + up_to_line(rows * sizeof(float)), (float *)(void *)own};
}

/// Rounds some rows of x, which are `stride` elements apart.
static void round_rows(const mynah_packed *m, const float *x, size_t stride, range rows, rounded_rows memory) {
  if (m->kind == MYNAH_WEIGHTS_FLOAT32) return;
  const size_t columns = m->columns, bytes = rounded_row_bytes(m);
  for (size_t r = rows.first; r < rows.last; r++) {
    const float *from = x + r * stride;
    uint8_t *to = memory.words + r * bytes;
    if (m->kind == MYNAH_WEIGHTS_INT8) {
      memory.scales[r] = quantize_offset(to, from, columns);
    } else if (HAS_PAIRS) {
      round_row((uint32_t *)(void *)to, from, columns);
      size_t used = pairs_of(columns) * 4;
      memset(to + used, 0, words_of_row(m) * 4 - used);  // the padded weights are zero, but NaN·0 is not
    } else {
      for (size_t i = 0; i < columns; i += LANES) {
        vint bits = round_to_bfloat16(load_first(from + i, minimum(LANES, columns - i)));
        store((float *)(void *)to + i, (vfloat)(bits << 16));
      }
    }
  }
}

/// Rows of x that `round_rows` has rounded.
INLINE tile_rows rounded_rows_of(const mynah_packed *m, const float *x, size_t stride, rounded_rows memory) {
  if (m->kind == MYNAH_WEIGHTS_FLOAT32) return (tile_rows){.x = x, .stride = stride};
  const size_t bytes = rounded_row_bytes(m);
  if (m->kind == MYNAH_WEIGHTS_BFLOAT16 && !HAS_PAIRS)
    return (tile_rows){.x = (const float *)(const void *)memory.words, .stride = bytes / 4};
  return (tile_rows){.words = memory.words, .words_stride = bytes, .scales = memory.scales};
}

/// Rounds all rows of x in a worker's own memory: for few rows this costs less than a barrier, and for many rows it is
/// negligible compared with the product.
INLINE tile_rows rows_for(const mynah_packed *m, const float *x, size_t stride, size_t rows, rounded_rows memory) {
  round_rows(m, x, stride, (range){0, rows}, memory);
  return rounded_rows_of(m, x, stride, memory);
}
