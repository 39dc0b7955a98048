// A block of rows of a part: logits, their maxima, E and its sums, and the part's share of its group's dh.

/// Packs a part's Wᵀ for the logits, its W for dh, and its bias.
static void pack_part(const loss_work *w, size_t p, size_t slot) {
  const mynah_cross_entropy *s = w->pass;
  size_t hidden = s->hidden;
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  const float *weight = s->weight + part.first * hidden;
  pack_transposed(slot_transposed(w, slot), weight, hidden, hidden, part.valid, all_panels(part.valid),
                  (form)s->precision);
  for (size_t j = 0; j < part.vectors * LANES; j++)
    w->bias[part.first + j] = j >= part.valid ? -1e30f : s->bias ? s->bias[part.first + j] : 0;
  if (s->d_h)
    pack(slot_packed(w, slot), plain_rows(weight, hidden), part.valid, hidden, all_panels(hidden), (form)s->precision);
}

/// A block of rows of a part, and the kept matrix of its logits.
typedef struct {
  size_t part, slot, thread;
  size_t group;
  bool is_first;              // the part is the first one of its group
  range rows;                 // of the chunk
  float *logits;
  size_t logits_rows, first;  // the kept matrix's rows, and the block's first row among them
} loss_block;

INLINE loss_block block_of(const loss_work *w, size_t part, size_t group, size_t slot, size_t thread, range rows) {
  loss_block block = {.part = part, .slot = slot, .thread = thread, .group = group, .rows = rows};
  block.is_first = part == group_parts(w, group).first;
  if (w->keeps_logits) {
    block.logits = part_e(w, part), block.logits_rows = w->chunk, block.first = rows.first;
  } else {
    block.logits_rows = most_block_rows(w->chunk);
    block.logits = w->logits + thread * kept_size(block.logits_rows, widest_part(w->pass->vocabulary, w->parts));
  }
  return block;
}

/// Vector v of row r of the block: the logits, and E in their place.
INLINE float *logits_vector(const loss_block *block, size_t r, size_t v) {
  return kept_vector(block->logits, block->logits_rows, block->first + r, v);
}

/// Keeps vector v of `count` ≤ 2 rows of E in pairs, an even row being the first.
INLINE void keep_pairs(const loss_work *w, const loss_block *block, size_t row, size_t v, const vfloat x[2],
                       const size_t count) {
  keep_column_pairs(thread_column_pairs(w, block->thread), most_block_rows(w->chunk), row, v, x, count);
  float *place = row_pairs_vector(part_e(w, block->part), w->chunk, block->rows.first + row, v);
  __builtin_prefetch(place + kept_stride(pairs_of(w->chunk)), 1);  // the next group, which is not in a near cache
  store(place, (vfloat)round_pairs(x[0], x[1]));
}

/// Exponentials of a strip, and their sums.
INLINE void exponentials_in_pairs(const loss_work *w, const loss_block *block, range strip, size_t vectors,
                                  const float *maxima, vfloat *sums) {
  const size_t row = strip.first, rows = strip.last - row, even = rows & ~(size_t)1;
  for (size_t v = 0; v < vectors; v++) {
    const float *from = logits_vector(block, row, v);
    for (size_t r = 0; r < even; r += 2) {
      const vfloat x[2] = {vexp_of_negative(load(from + r * KEPT_WIDTH) - maxima[r]),
                           vexp_of_negative(load(from + (r + 1) * KEPT_WIDTH) - maxima[r + 1])};
      keep_pairs(w, block, row + r, v, x, 2);
      sums[r] += x[0];
      sums[r + 1] += x[1];
    }
    if (even == rows) continue;
    const vfloat x[2] = {vexp_of_negative(load(from + even * KEPT_WIDTH) - maxima[even]), splat(0)};
    keep_pairs(w, block, row + even, v, x, 1);
    sums[even] += x[0];
  }
}

/// The same in float32: E overwrites the logits, or is not stored.
INLINE void exponentials_in_place(const loss_work *w, const loss_block *block, range strip, size_t vectors,
                                  const float *maxima, vfloat *sums) {
  for (size_t v = 0; v < vectors; v++)
    for (size_t r = 0; r < strip.last - strip.first; r++) {
      float *place = logits_vector(block, strip.first + r, v);
      const vfloat x = vexp_of_negative(load(place) - maxima[r]);
      if (w->keeps_logits) store(place, x);
      sums[r] += x;
    }
}

/// Maxima, exponentials and sums of some rows of a block, in the order in which they are stored.
INLINE void exponentials_of_strip(const loss_work *w, const loss_block *block, range strip, size_t vectors) {
  const size_t row = strip.first, rows = strip.last - row, results = block->part * w->chunk + block->rows.first + row;
  float *maxima = w->maxima + results, *row_sums = w->sums + results;
  vfloat largest[STRIP_ROWS], sums[STRIP_ROWS];
  for (size_t r = 0; r < rows; r++) largest[r] = load(logits_vector(block, row + r, 0));
  for (size_t v = 1; v < vectors; v++)
    for (size_t r = 0; r < rows; r++) {
      vfloat x = load(logits_vector(block, row + r, v));
      largest[r] = blend(x > largest[r], x, largest[r]);
    }
  for (size_t r = 0; r < rows; r++) {
    maxima[r] = largest_lane(largest[r]);
    if (!block->is_first) {
      const float before = *(maxima + r - w->chunk);  // of the group's other parts so far
      if (before > maxima[r]) maxima[r] = before;
    }
    sums[r] = splat(0);
  }
  if (w->keeps_pairs) exponentials_in_pairs(w, block, strip, vectors, maxima, sums);
  else exponentials_in_place(w, block, strip, vectors, maxima, sums);
  for (size_t r = 0; r < rows; r++) row_sums[r] = (float)sum_of_lanes(sums[r]);
}

/// E and its row sums for a block: logits, their maximum, exponentials.
static void exponentials(const loss_work *w, const loss_block *block, size_t row0) {
  const mynah_cross_entropy *s = w->pass;
  const vocabulary_part part = part_of(s->vocabulary, w->parts, block->part);
  const size_t rows = block->rows.last - block->rows.first;
  product logits = kept_product(block->logits, block->logits_rows, block->first, 0, part.vectors * LANES,
                                w->bias + part.first, slot_transposed(w, block->slot));
  multiply(rows_of(s->h + (row0 + block->rows.first) * s->hidden, s->hidden), rows, s->hidden, &logits, 1,
           (form)s->precision);
  for (size_t first = 0; first < rows; first += STRIP_ROWS)
    exponentials_of_strip(w, block, (range){first, minimum(rows, first + STRIP_ROWS)}, part.vectors);
}

/// Scales a row of a group's dh, which belongs to the maximum of the parts before, to the maximum of this part.
INLINE void rescale_row(const loss_work *w, const loss_block *block, size_t r, float *row) {
  const float *maximum = w->maxima + block->part * w->chunk + r, before = *(maximum - w->chunk);
  if (before == *maximum) return;
  const vfloat factor = vexp_of_negative(splat(before - *maximum));
  for (size_t j = 0; j < padded(w->pass->hidden); j += LANES) store(row + j, load(row + j) * factor);
}

/// Adds a part's own dh, E·W, of a block to its group's, unscaled.
static void hidden_backward(const loss_work *w, const loss_block *block) {
  const mynah_cross_entropy *s = w->pass;
  size_t stride = padded(s->hidden);
  vocabulary_part part = part_of(s->vocabulary, w->parts, block->part);
  float *to = w->partial + (block->group * w->chunk + block->rows.first) * stride;
  for (size_t r = block->rows.first; !block->is_first && r < block->rows.last; r++)
    rescale_row(w, block, r, to + (r - block->rows.first) * stride);
  product d_h = {to, stride, block->is_first ? NULL : to, stride, slot_packed(w, block->slot), s->hidden,
                 all_panels(s->hidden), true, 0};
  const operand e = w->keeps_pairs
                        ? column_pairs_of(thread_column_pairs(w, block->thread), most_block_rows(w->chunk))
                        : kept_rows(block->logits, block->logits_rows, block->first, 0);
  multiply(e, block->rows.last - block->rows.first, part.valid, &d_h, 1, (form)s->precision);
}
