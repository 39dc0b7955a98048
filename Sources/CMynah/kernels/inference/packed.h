// Weights in panels: packed once, used for every token.
//
// A panel contains some vectors of rows of W, one 32-bit word along k after another; L is the number of lanes of these
// vectors:
//   float32   [K][L]
//   bfloat16  [K/2][L][2]: pairs of k
//   int8      scales [L], offsets −128·Σ row [L], then [K/4][L][4]
// K is padded with zeros to whole words and, with matrix tiles, to whole blocks of words. With G blocks, a panel
// contains the vectors of all blocks for as many vectors of units as fit in 4 vectors: 4 with one block, 2 with two
// blocks, else 1. The owner of a panel can therefore apply the cell, and with three blocks no lane is empty.

enum { MOST_PANEL_VECTORS = 4, MOST_PANEL_LANES = MOST_PANEL_VECTORS * LANES };

INLINE size_t blocks_in(const mynah_packed *m) { return m->blocks ? m->blocks : 1; }

/// The number of vectors of units in a panel of `blocks` blocks, and the number of all its vectors.
INLINE size_t units_in_panel(size_t blocks) { return blocks == 1 ? 4 : blocks == 2 ? 2 : 1; }
INLINE size_t vectors_in_panel(size_t blocks) { return blocks == 3 ? 3 : 4; }
INLINE size_t panel_lanes(const mynah_packed *m) { return vectors_in_panel(blocks_in(m)) * LANES; }

INLINE size_t panels_of(const mynah_packed *m) {
  size_t units = units_in_panel(blocks_in(m));
  return (vectors_of(m->rows / blocks_in(m)) + units - 1) / units;
}

/// The blocks of words into which a product on matrix tiles divides k.
typedef struct {
  size_t count, words;  // words of a block
} word_blocks;
INLINE word_blocks blocks_of_words(size_t words) {
  enum { MOST_WORDS = 16 };
  size_t count = (words + MOST_WORDS - 1) / MOST_WORDS;
  return (word_blocks){count, count ? (words + count - 1) / count : 0};
}

/// The words of a row, padded.
INLINE size_t words_of_row(const mynah_packed *m) {
  if (m->kind == MYNAH_WEIGHTS_FLOAT32) return m->columns;
  size_t each = m->kind == MYNAH_WEIGHTS_INT8 ? 4 : 2, words = (m->columns + each - 1) / each;
  if (!HAS_AMX) return words;
  word_blocks blocks = blocks_of_words(words);
  return blocks.count * blocks.words;
}

INLINE size_t bytes_of_panel(const mynah_packed *m) {
  size_t header = m->kind == MYNAH_WEIGHTS_INT8 ? 2 : 0;
  return (header + words_of_row(m)) * panel_lanes(m) * 4;
}

static size_t packed_bytes(const mynah_packed *m) { return panels_of(m) * bytes_of_panel(m); }

/// The row of W that is in a panel's lane, or SIZE_MAX for padding.
INLINE size_t row_of_lane(const mynah_packed *m, size_t panel, size_t lane) {
  size_t blocks = blocks_in(m), hidden = m->rows / blocks, vector = lane / LANES;
  size_t unit = (panel * units_in_panel(blocks) + vector / blocks) * LANES + lane % LANES;
  return unit < hidden ? vector % blocks * hidden + unit : SIZE_MAX;
}

/// Writes one row of W to its lane of a panel. The row is read in order, and lines of the panel stay in the L2 cache.
static void pack_lane(void *panel, const mynah_packed *m, size_t lane, const float *row) {
  const size_t columns = m->columns, width = panel_lanes(m);
  switch (m->kind) {
    case MYNAH_WEIGHTS_BFLOAT16: {
      uint32_t *to = (uint32_t *)panel + lane;
      enum { BLOCK = 256 };
      uint32_t pairs[BLOCK / 2] = {0};
      for (size_t k = 0; k < columns; k += BLOCK) {
        size_t count = minimum(BLOCK, columns - k);
        if (row) round_row(pairs, row + k, count);
        for (size_t i = 0; i < pairs_of(count); i++) to[(k / 2 + i) * width] = pairs[i];
      }
      for (size_t word = pairs_of(columns); word < words_of_row(m); word++) to[word * width] = 0;
      return;
    }
    case MYNAH_WEIGHTS_INT8: {
      float *scale = (float *)panel + lane, inverse = 0;
      int32_t *offset = (int32_t *)panel + width + lane, sum = 0;
      int8_t *to = (int8_t *)panel + 8 * width + 4 * lane;
      *scale = row ? scale_of(largest_magnitude(row, columns), &inverse) : 0;
      for (size_t k = 0; k < columns; k += LANES) {
        size_t count = minimum(LANES, columns - k);
        vint q = row ? rounded(load_first(row + k, count), inverse) : (vint){0};
        for (size_t j = 0; j < count; j++) {
          to[(k + j) / 4 * 4 * width + (k + j) % 4] = (int8_t)q[j];
          sum += (int8_t)q[j];
        }
      }
      for (size_t k = columns; k < 4 * words_of_row(m); k++) to[k / 4 * 4 * width + k % 4] = 0;
      *offset = -128 * sum;
      return;
    }
    default: {
      float *to = (float *)panel + lane;
      for (size_t k = 0; k < columns; k++) to[k * width] = row ? row[k] : 0;
    }
  }
}

typedef struct {
  char *panels;
  const mynah_packed *matrix;
  const float *w;
} packing;

static void pack_work(void *context, const mynah_worker *worker) {
  const packing *s = context;
  const mynah_packed *m = s->matrix;
  range own = share(panels_of(m), worker);
  for (size_t p = own.first; p < own.last; p++)
    for (size_t lane = 0; lane < panel_lanes(m); lane++) {
      size_t row = row_of_lane(m, p, lane);
      pack_lane(s->panels + p * bytes_of_panel(m), m, lane, row == SIZE_MAX ? NULL : s->w + row * m->columns);
    }
}

static void pack_panels(mynah_team *team, void *panels, const mynah_packed *matrix, const float *w) {
  packing s = {panels, matrix, w};
  mynah_team_run(team, pack_work, &s);
}
