// The gradients of a chunk of rows, after its exponentials.

enum {
  STRIP_WORDS = 192,     // vocabulary entries whose E stays in a core's own cache between dW and db
  VECTORS_TOGETHER = 4,  // sums that do not wait for each other
};

INLINE float gradient_scale(const mynah_cross_entropy *s, size_t row) {
  return s->row_weights ? s->scale * s->row_weights[row] : s->scale;
}

/// `count` vectors of a row of dh from vector `first` on: the sum of the groups' dh, in order, minus the one-hot term.
INLINE void combine_vectors(const loss_work *w, size_t row0, size_t r, size_t first, const size_t count) {
  const mynah_cross_entropy *s = w->pass;
  const size_t hidden = s->hidden, stride = padded(hidden), j = first * LANES;
  const float *target = s->weight + (size_t)s->targets[row0 + r] * hidden, *partial = w->partial + r * stride + j;
  float *d_h = s->d_h + (row0 + r) * hidden;
  vfloat d[VECTORS_TOGETHER];
  for (size_t v = 0; v < count; v++)
    d[v] = load_first(target + j + v * LANES, minimum(LANES, hidden - j - v * LANES)) * -gradient_scale(s, row0 + r);
  for (size_t g = 0; g < w->groups; g++) {
    const size_t last = group_parts(w, g).last - 1;  // the part whose maximum dh belongs to
    for (size_t v = 0; v < count; v++)
      d[v] = fma_(splat(w->row_scale[last * w->chunk + r]), load(partial + g * w->chunk * stride + v * LANES), d[v]);
  }
  for (size_t v = 0; v < count; v++)
    store_first(d_h + j + v * LANES, d[v], minimum(LANES, hidden - j - v * LANES));
}

/// dh of some rows.
static void combine_hidden(const loss_work *w, size_t row0, range rows) {
  const size_t vectors = vectors_of(w->pass->hidden);
  for (size_t r = rows.first; r < rows.last; r++) {
    size_t v = 0;
    for (; v + VECTORS_TOGETHER <= vectors; v += VECTORS_TOGETHER) combine_vectors(w, row0, r, v, VECTORS_TOGETHER);
    for (; v < vectors; v++) combine_vectors(w, row0, r, v, 1);
  }
}

/// Vector v of row r of a part's E.
INLINE vfloat e_vector(const loss_work *w, float *e, size_t r, size_t v) {
  if (!w->keeps_pairs) return load(kept_vector(e, w->chunk, r, v));
  const vint pairs = (vint)load(row_pairs_vector(e, w->chunk, r & ~(size_t)1, v));
  return (vfloat)(r % 2 ? pairs & (int32_t)0xFFFF0000 : pairs << 16);
}

/// Adds a chunk of rows to `count` vectors of the gradient of a part's bias, from vector `first` on.
INLINE void add_bias_vectors(const loss_work *w, size_t p, size_t row0, size_t rows, size_t first,
                             const size_t count) {
  const vocabulary_part part = part_of(w->pass->vocabulary, w->parts, p);
  float *const d_bias = w->pass->d_bias + part.first + first * LANES, *e = part_e(w, p);
  const float *row_scale = w->row_scale + p * w->chunk;
  vfloat sums[VECTORS_TOGETHER];
  for (size_t v = 0; v < count; v++)
    sums[v] = row0 ? load_first(d_bias + v * LANES, minimum(LANES, part.valid - (first + v) * LANES)) : splat(0);
  for (size_t r = 0; r < rows; r++)
    for (size_t v = 0; v < count; v++)
      sums[v] = fma_(splat(row_scale[r]), e_vector(w, e, r, first + v), sums[v]);
  for (size_t v = 0; v < count; v++)
    store_first(d_bias + v * LANES, sums[v], minimum(LANES, part.valid - (first + v) * LANES));
}

/// Adds a chunk of rows to the gradient of a part's bias, for some vocabulary entries.
INLINE void add_bias(const loss_work *w, size_t p, size_t row0, size_t rows, range words) {
  const size_t last = vectors_of(words.last);
  size_t v = words.first / LANES;
  for (; v + VECTORS_TOGETHER <= last; v += VECTORS_TOGETHER) add_bias_vectors(w, p, row0, rows, v, VECTORS_TOGETHER);
  for (; v < last; v++) add_bias_vectors(w, p, row0, rows, v, 1);
}

/// dW and db of some hidden columns of a part, from one chunk of rows: dW += Eᵀ·(a_p h), then the one-hot term.
static void weights_backward(const loss_work *w, size_t p, size_t slot, size_t row0, size_t rows, range columns) {
  const mynah_cross_entropy *s = w->pass;
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  size_t first = columns.first * LANES, width = minimum(s->hidden, columns.last * LANES) - first;
  if (columns.first == columns.last) return;
  const bool has_bias = s->d_bias && first == 0;
  const float *row_scale = w->row_scale + p * w->chunk;
  float *scaled = w->scaled + slot * packed_size(s->hidden, w->chunk) + packed_size(first, w->chunk);
  source_rows h = {.base = s->h + row0 * s->hidden + first, .ld = s->hidden, .scales = row_scale};
  pack(scaled, h, rows, width, all_panels(width), (form)s->precision);
  for (range words = {0, 0}; words.last < part.valid; words.first = words.last) {
    words.last = minimum(part.valid, words.first + STRIP_WORDS);
    float *d_weight = s->d_weight + (part.first + words.first) * s->hidden + first;
    product d_weights = {.c = d_weight, .ldc = s->hidden, .start = row0 ? d_weight : NULL, .start_stride = s->hidden};
    d_weights.packed = scaled, d_weights.n = width, d_weights.panels = all_panels(width);
    const operand e = w->keeps_pairs ? row_pairs_of(part_e(w, p), w->chunk, words.first)
                                     : kept_columns(part_e(w, p), w->chunk, 0, words.first);
    multiply(e, words.last - words.first, rows, &d_weights, 1, (form)s->precision);
    if (has_bias) add_bias(w, p, row0, rows, words);
  }
  for (size_t r = 0; r < rows; r++) {
    size_t target = (size_t)s->targets[row0 + r];
    if (target < part.first || target >= part.first + part.valid) continue;
    axpy(s->d_weight + target * s->hidden + first, s->h + (row0 + r) * s->hidden + first, -gradient_scale(s, row0 + r),
         width);
    if (has_bias) s->d_bias[target] -= gradient_scale(s, row0 + r);
  }
}
