// Linear layer, softmax and cross-entropy, loss and gradients in one pass; the logits of a few rows at a time stay in
// cache.
//
//   l = W h + b                               loss = −Σ_r w_r log softmax(l_r)[target_r]
//   dl = scale·w_r (softmax(l_r) − onehot)    dh = Wᵀdl    dW = dl hᵀ
//
// The vocabulary is cut into parts whose number depends on its size alone. A part finds its own maximum m_p of each row
// and keeps E = exp(l − m_p), and multiplies it with its rows of W while it is near. Where bfloat16 numbers are
// multiplied in pairs, E is rounded once: neighbouring columns are paired for dh at once, neighbouring rows for dW. When all parts of a chunk of rows
// are done, E is not rescaled: with M = max m_p and Z = Σ_p e^{m_p − M} Σ E, the factor a_p = e^{m_p − M} / Z scales
// part p's share of dh and the packed rows of h that make dW. The one-hot term touches one row of W a target and is
// subtracted apart.
//
// Workers take parts when there are enough, else rows. Sums run in the order of rows, so the result does not depend on
// chunks and threads; dh is the sum of its parts in order.

enum { MOST_PARTS = 16, PART_VECTORS = 512 / LANES };
// Rows whose logits are worked on at a time, and the most rows, numbers of E and numbers of the parts' dh that are
// kept. Each chunk reads and writes dW once, and weights that serve one chunk are packed a part at a time. Medians of
// paired runs, multiply-adds: zaremba-small in one chunk is 12 % faster than in four, zaremba-medium 5 % faster than in
// two; ptb and brown do not care. Tiles are so fast that dW counts more: 6 to 10 % for zaremba-medium.
#if HAS_AMX
enum { BLOCK_ROWS = 128, STRIP_ROWS = 128, MOST_ROWS = 1280, KEPT_NUMBERS = 1 << 23, KEPT_GRADIENTS = 1 << 23 };
#else
enum { BLOCK_ROWS = 120, STRIP_ROWS = BLOCK_ROWS, MOST_ROWS = 720, KEPT_NUMBERS = 1 << 23, KEPT_GRADIENTS = 1 << 23 };
#endif
// Words whose E is in a core's own cache for dW and then for db.
enum { STRIP_WORDS = 192 };
// Sums that do not wait for each other.
enum { VECTORS_TOGETHER = 4 };

typedef struct {
  const mynah_cross_entropy *pass;
  size_t parts, chunk;       // chunk: the most rows whose E is kept
  bool is_one_chunk;         // then no packed weights are kept: slots are threads, else parts
  bool keeps_pairs;          // E is kept in pairs
  bool keeps_logits;         // E is kept where the logits were computed
  float *packed_transposed;  // [slot]: packed Wᵀ for the logits
  float *packed;             // [slot]: packed W for dh
  float *scaled;             // [slot]: packed h of a chunk, scaled by a_p
  float *bias;               // padded with -1e30, so that padding gets probability 0
  float *e;                  // [part]: E as a kept matrix [chunk rows][part's width], or its rows in pairs
  float *logits;             // [thread]: logits of a block as a kept matrix, unless E takes their place
  float *column_pairs;       // [thread]: E of a block, its columns in pairs
  float *partial;            // [part][chunk rows][Hp]: dh of each part, unscaled
  float *maxima, *sums;      // [part][chunk rows]
  float *row_scale;          // [part][chunk rows]: a_p × the gradient's scale
  double *nats;              // [chunk rows]
} loss_work;

typedef struct {
  size_t first, valid, vectors;  // columns of the vocabulary
} vocabulary_part;

INLINE size_t part_count(size_t vocabulary) {
  size_t parts = vectors_of(vocabulary) / PART_VECTORS;
  return parts < 1 ? 1 : minimum(parts, MOST_PARTS);
}

INLINE vocabulary_part part_of(size_t vocabulary, size_t parts, size_t p) {
  size_t vectors = vectors_of(vocabulary), first = vectors * p / parts, last = vectors * (p + 1) / parts;
  size_t valid = minimum(vocabulary, last * LANES) - first * LANES;
  return (vocabulary_part){first * LANES, valid, last - first};
}
INLINE size_t widest_part(size_t vocabulary, size_t parts) {
  return (vectors_of(vocabulary) + parts - 1) / parts * LANES;
}

/// Rows are shared out evenly over as few chunks as what may be kept allows, a chunk being at least a block.
INLINE size_t chunk_rows(size_t rows, size_t hidden, size_t vocabulary) {
  size_t most = minimum(MOST_ROWS, KEPT_NUMBERS / vocabulary);
  most = minimum(most, KEPT_GRADIENTS / (part_count(vocabulary) * padded(hidden)));
  if (most < BLOCK_ROWS) most = BLOCK_ROWS;
  size_t chunks = (rows + most - 1) / most;
  return (rows + chunks - 1) / chunks;
}

/// The most rows of a block.
INLINE size_t most_block_rows(size_t chunk) { return minimum(chunk, BLOCK_ROWS); }

/// The size of a part's E, of `widest` columns at most.
INLINE size_t e_size(const loss_work *w, size_t widest) {
  return w->keeps_pairs ? row_pairs_size(w->chunk, widest) : kept_size(w->chunk, widest);
}

/// The next `count` floats of a workspace; NULL while sizes are only added up.
INLINE float *take(float *workspace, size_t *used, size_t count) {
  float *place = workspace ? workspace + *used : NULL;
  *used += count;
  return place;
}

/// Lays out the workspace and returns the number of floats used; gradients take none if they are not wanted.
INLINE size_t loss_layout(loss_work *w, float *workspace, size_t rows, size_t hidden, size_t vocabulary, bool gradients,
                          mynah_precision precision, size_t threads) {
  size_t parts = part_count(vocabulary), chunk = chunk_rows(rows, hidden, vocabulary), numbers = parts * chunk,
         used = 0;
  size_t widest = widest_part(vocabulary, parts), block = most_block_rows(chunk);
  w->parts = parts, w->chunk = chunk;
  w->keeps_pairs = HAS_DOT && gradients && precision == MYNAH_BFLOAT16;
  w->keeps_logits = gradients && !w->keeps_pairs;
  w->is_one_chunk = parts >= threads && rows <= chunk;
  size_t slots = w->is_one_chunk ? threads : parts;
  w->packed_transposed = take(workspace, &used, slots * packed_size(widest, hidden));
  w->packed = take(workspace, &used, gradients ? slots * packed_size(hidden, widest) : 0);
  w->scaled = take(workspace, &used, gradients ? slots * packed_size(hidden, chunk) : 0);
  w->bias = take(workspace, &used, padded(vocabulary));
  w->e = take(workspace, &used, gradients ? parts * e_size(w, widest) : 0);
  w->logits = take(workspace, &used, w->keeps_logits ? 0 : threads * kept_size(block, widest));
  w->column_pairs = take(workspace, &used, w->keeps_pairs ? threads * column_pairs_size(block, widest) : 0);
  w->partial = take(workspace, &used, gradients ? numbers * padded(hidden) : 0);
  w->nats = (double *)take(workspace, &used, padded(2 * chunk));
  w->maxima = take(workspace, &used, numbers);
  w->sums = take(workspace, &used, numbers);
  w->row_scale = take(workspace, &used, numbers);
  return used;
}

static size_t cross_entropy_workspace(size_t rows, size_t hidden, size_t vocabulary, bool gradients, size_t threads) {
  loss_work w = {0};
  size_t most = 0;
  for (int precision = MYNAH_FLOAT32; precision <= MYNAH_BFLOAT16; precision++) {
    // A caller that finds the team busy works alone, and may need more slots: one per part.
    const size_t workers[] = {threads, 1};
    for (int i = 0; i < 2; i++) {
      size_t used = loss_layout(&w, NULL, rows, hidden, vocabulary, gradients, (mynah_precision)precision, workers[i]);
      most = used > most ? used : most;
    }
  }
  return most + ALIGNMENT;
}

INLINE float *part_e(const loss_work *w, size_t p) {
  return w->e + p * e_size(w, widest_part(w->pass->vocabulary, w->parts));
}
INLINE float *thread_column_pairs(const loss_work *w, size_t thread) {
  const size_t widest = widest_part(w->pass->vocabulary, w->parts);
  return w->column_pairs + thread * column_pairs_size(most_block_rows(w->chunk), widest);
}
INLINE float *slot_transposed(const loss_work *w, size_t slot) {
  return w->packed_transposed + slot * packed_size(widest_part(w->pass->vocabulary, w->parts), w->pass->hidden);
}
INLINE float *slot_packed(const loss_work *w, size_t slot) {
  return w->packed + slot * packed_size(w->pass->hidden, widest_part(w->pass->vocabulary, w->parts));
}

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
  range rows;                 // of the chunk
  float *logits;
  size_t logits_rows, first;  // the kept matrix's rows, and the block's first row among them
} loss_block;

INLINE loss_block block_of(const loss_work *w, size_t part, size_t slot, size_t thread, range rows) {
  if (w->keeps_logits) return (loss_block){part, slot, thread, rows, part_e(w, part), w->chunk, rows.first};
  const size_t all = most_block_rows(w->chunk), size = kept_size(all, widest_part(w->pass->vocabulary, w->parts));
  return (loss_block){part, slot, thread, rows, w->logits + thread * size, all, 0};
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
  __builtin_prefetch(place + kept_stride(pairs_of(w->chunk)), 1);  // the next group's, which is in no near cache
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

/// The same in float32, kept in the place of the logits, or not at all.
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

/// A part's own dh, E·W, for a block, unscaled.
static void hidden_backward(const loss_work *w, const loss_block *block) {
  const mynah_cross_entropy *s = w->pass;
  size_t stride = padded(s->hidden);
  vocabulary_part part = part_of(s->vocabulary, w->parts, block->part);
  product d_h = {w->partial + (block->part * w->chunk + block->rows.first) * stride, stride, NULL, 0,
                 slot_packed(w, block->slot), s->hidden, all_panels(s->hidden), true, 0};
  const operand e = w->keeps_pairs
                        ? column_pairs_of(thread_column_pairs(w, block->thread), most_block_rows(w->chunk))
                        : kept_rows(block->logits, block->logits_rows, block->first, 0);
  multiply(e, block->rows.last - block->rows.first, part.valid, &d_h, 1, (form)s->precision);
}

/// The target's logit, in double.
INLINE double target_logit(const mynah_cross_entropy *s, size_t row) {
  typedef double vdouble __attribute__((vector_size(LANES * 8)));
  const float *h = s->h + row * s->hidden, *weight = s->weight + (size_t)s->targets[row] * s->hidden;
  vdouble sums = {0};
  for (size_t j = 0; j < s->hidden; j += LANES) {
    const size_t count = minimum(LANES, s->hidden - j);
    sums += __builtin_convertvector(load_first(h + j, count), vdouble) *
            __builtin_convertvector(load_first(weight + j, count), vdouble);
  }
  double logit = s->bias ? s->bias[s->targets[row]] : 0;
  for (size_t lane = 0; lane < LANES; lane++) logit += sums[lane];
  return logit;
}

INLINE float gradient_scale(const mynah_cross_entropy *s, size_t row) {
  return s->row_weights ? s->scale * s->row_weights[row] : s->scale;
}

/// The loss of a row and, for each part, the factor of its E in the gradients.
static void finish_row(const loss_work *w, size_t row0, size_t r) {
  const mynah_cross_entropy *s = w->pass;
  const float *maxima = w->maxima + r, *sums = w->sums + r;
  double m = maxima[0], z = 0, factors[MOST_PARTS];
  for (size_t p = 1; p < w->parts; p++) m = maxima[p * w->chunk] > m ? maxima[p * w->chunk] : m;
  for (size_t p = 0; p < w->parts; p++) {
    factors[p] = exp(maxima[p * w->chunk] - m);
    z += sums[p * w->chunk] * factors[p];
  }
  for (size_t p = 0; p < w->parts; p++)
    w->row_scale[p * w->chunk + r] = (float)(factors[p] / z) * gradient_scale(s, row0 + r);
  double nats = m + log(z) - target_logit(s, row0 + r);
  // The denominator is a sum over rounded logits: a certain target must not get a probability above 1. NaN is kept.
  w->nats[r] = nats < 0 ? 0 : nats;
}

/// The loss of a chunk of rows, in their order.
static double chunk_loss(const loss_work *w, size_t row0, size_t rows) {
  const mynah_cross_entropy *s = w->pass;
  double loss = 0;
  for (size_t r = 0; r < rows; r++) {
    if (s->row_losses) s->row_losses[row0 + r] = (float)w->nats[r];
    loss += s->row_weights ? s->row_weights[row0 + r] * w->nats[r] : w->nats[r];
  }
  return loss;
}

/// `count` vectors of a row of dh from vector `first` on: the parts' own, in their order, less the one-hot term.
INLINE void combine_vectors(const loss_work *w, size_t row0, size_t r, size_t first, const size_t count) {
  const mynah_cross_entropy *s = w->pass;
  const size_t hidden = s->hidden, stride = padded(hidden), j = first * LANES;
  const float *target = s->weight + (size_t)s->targets[row0 + r] * hidden, *partial = w->partial + r * stride + j;
  float *d_h = s->d_h + (row0 + r) * hidden;
  vfloat d[VECTORS_TOGETHER];
  for (size_t v = 0; v < count; v++)
    d[v] = load_first(target + j + v * LANES, minimum(LANES, hidden - j - v * LANES)) * -gradient_scale(s, row0 + r);
  for (size_t p = 0; p < w->parts; p++)
    for (size_t v = 0; v < count; v++)
      d[v] = fma_(splat(w->row_scale[p * w->chunk + r]), load(partial + p * w->chunk * stride + v * LANES), d[v]);
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

/// Adds a chunk of rows to the gradient of a part's bias for some words.
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

static void cross_entropy_work(void *context, const mynah_worker *worker) {
  loss_work layout = *(const loss_work *)context;
  const loss_work *w = &layout;
  const mynah_cross_entropy *s = w->pass;
  loss_layout(&layout, aligned(s->workspace), s->rows, s->hidden, s->vocabulary, s->d_h != NULL, s->precision,
              (size_t)worker->count);
  const bool by_parts = w->parts >= (size_t)worker->count;
  range parts = by_parts ? share(w->parts, worker) : (range){0, w->parts};
  range columns = {0, vectors_of(s->hidden)};
  if (!by_parts) {
    columns = share(columns.last, worker);
    range packs = share(w->parts, worker);
    for (size_t p = packs.first; p < packs.last; p++) pack_part(w, p, p);
    mynah_worker_wait(worker);
  }

  double loss = 0;
  for (size_t row0 = 0; row0 < s->rows; row0 += w->chunk) {
    size_t rows = minimum(w->chunk, s->rows - row0);
    range own_rows = {0, rows};
    if (!by_parts) {
      // Pairs of rows are not shared out.
      const range pairs = share(pairs_of(rows), worker);
      own_rows = (range){2 * pairs.first, minimum(rows, 2 * pairs.last)};
    }
    for (size_t p = parts.first; p < parts.last; p++) {
      size_t slot = w->is_one_chunk ? (size_t)worker->thread : p;
      if (by_parts && row0 == 0) pack_part(w, p, slot);
      for (size_t r = own_rows.first; r < own_rows.last; r += BLOCK_ROWS) {
        const range own_block = {r, minimum(own_rows.last, r + BLOCK_ROWS)};
        const loss_block block = block_of(w, p, slot, (size_t)worker->thread, own_block);
        exponentials(w, &block, row0);
        if (s->d_h) hidden_backward(w, &block);
      }
    }
    mynah_worker_wait(worker);  // all parts' maxima, sums and dh are complete
    range finished = share(rows, worker);
    for (size_t r = finished.first; r < finished.last; r++) finish_row(w, row0, r);
    mynah_worker_wait(worker);  // all rows' losses and scales are complete
    if (worker->thread == 0) loss += chunk_loss(w, row0, rows);
    if (s->d_h) {
      for (size_t p = parts.first; p < parts.last; p++)
        weights_backward(w, p, w->is_one_chunk ? (size_t)worker->thread : p, row0, rows, columns);
      combine_hidden(w, row0, finished);
    }
    mynah_worker_wait(worker);  // E, dh and the scales are free again
  }
  if (worker->thread == 0) *s->loss = loss;
}

static void cross_entropy(mynah_team *team, const mynah_cross_entropy *pass) {
  loss_work work = {.pass = pass};
  mynah_team_run(team, cross_entropy_work, &work);
}
