// Linear layer, softmax and cross-entropy, loss and gradients in one pass; the logits of a few rows at a time stay in
// cache.
//
//   l = W h + b                               loss = −Σ_r w_r log softmax(l_r)[target_r]
//   dl = scale·w_r (softmax(l_r) − onehot)    dh = Wᵀdl    dW = dl hᵀ
//
// The vocabulary is cut into parts whose number depends on its size alone. A part finds its own maximum m_p of each row
// and keeps E = exp(l − m_p), and multiplies it with its rows of W while it is near. When all parts of a chunk of rows
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

typedef struct {
  const mynah_cross_entropy *pass;
  size_t parts, chunk;       // chunk: the most rows whose E is kept
  bool is_one_chunk;         // then no packed weights are kept: slots are threads, else parts
  float *packed_transposed;  // [slot]: packed Wᵀ for the logits
  float *packed;             // [slot]: packed W for dh
  float *scaled;             // [slot]: packed h of a chunk, scaled by a_p
  float *bias;               // padded with -1e30, so that padding gets probability 0
  float *e;                  // [part]: kept matrix [chunk rows][part's width]
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

/// The next `count` floats of a workspace; NULL while sizes are only added up.
INLINE float *take(float *workspace, size_t *used, size_t count) {
  float *place = workspace ? workspace + *used : NULL;
  *used += count;
  return place;
}

/// Lays out the workspace and returns the number of floats used; gradients take none if they are not wanted.
INLINE size_t loss_layout(loss_work *w, float *workspace, size_t rows, size_t hidden, size_t vocabulary, bool gradients,
                          size_t threads) {
  size_t parts = part_count(vocabulary), chunk = chunk_rows(rows, hidden, vocabulary), numbers = parts * chunk,
         used = 0;
  size_t widest = widest_part(vocabulary, parts);
  w->parts = parts, w->chunk = chunk;
  w->is_one_chunk = parts >= threads && rows <= chunk;
  size_t slots = w->is_one_chunk ? threads : parts;
  w->packed_transposed = take(workspace, &used, slots * packed_size(widest, hidden));
  w->packed = take(workspace, &used, gradients ? slots * packed_size(hidden, widest) : 0);
  w->scaled = take(workspace, &used, gradients ? slots * packed_size(hidden, chunk) : 0);
  w->bias = take(workspace, &used, padded(vocabulary));
  w->e = take(workspace, &used, parts * kept_size(chunk, widest));
  w->partial = take(workspace, &used, gradients ? numbers * padded(hidden) : 0);
  w->nats = (double *)take(workspace, &used, padded(2 * chunk));
  w->maxima = take(workspace, &used, numbers);
  w->sums = take(workspace, &used, numbers);
  w->row_scale = take(workspace, &used, numbers);
  return used;
}

static size_t cross_entropy_workspace(size_t rows, size_t hidden, size_t vocabulary, bool gradients, size_t threads) {
  loss_work w = {0};
  // A caller that finds the team busy works alone, and may need more slots: one per part.
  size_t together = loss_layout(&w, NULL, rows, hidden, vocabulary, gradients, threads);
  size_t alone = loss_layout(&w, NULL, rows, hidden, vocabulary, gradients, 1);
  return (together > alone ? together : alone) + ALIGNMENT;
}

INLINE float *part_e(const loss_work *w, size_t p) { 
  return w->e + p * kept_size(w->chunk, widest_part(w->pass->vocabulary, w->parts));
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

/// Maxima, exponentials and sums of some rows, in the order in which they are stored.
INLINE void exponentials_of_strip(const loss_work *w, size_t p, size_t row, size_t rows, size_t vectors) {
  float *e = part_e(w, p), *maxima = w->maxima + p * w->chunk + row, *row_sums = w->sums + p * w->chunk + row;
  vfloat largest[STRIP_ROWS], sums[STRIP_ROWS];
  for (size_t r = 0; r < rows; r++) largest[r] = load(kept_vector(e, w->chunk, row + r, 0));
  for (size_t v = 1; v < vectors; v++)
    for (size_t r = 0; r < rows; r++) {
      vfloat x = load(kept_vector(e, w->chunk, row + r, v));
      largest[r] = blend(x > largest[r], x, largest[r]);
    }
  for (size_t r = 0; r < rows; r++) {
    maxima[r] = largest_lane(largest[r]);
    sums[r] = splat(0);
  }
  for (size_t v = 0; v < vectors; v++)
    for (size_t r = 0; r < rows; r++) {
      float *place = kept_vector(e, w->chunk, row + r, v);
      vfloat x = vexp_of_negative(load(place) - maxima[r]);
      store(place, x);
      sums[r] += x;
    }
  for (size_t r = 0; r < rows; r++) row_sums[r] = (float)sum_of_lanes(sums[r]);
}

/// E and its row sums for some rows of a part: logits, their maximum, exponentials.
static void exponentials(const loss_work *w, size_t p, size_t slot, size_t row0, range rows) {
  const mynah_cross_entropy *s = w->pass;
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  float *e = part_e(w, p);
  size_t width = part.vectors * LANES;
  product logits = kept_product(e, w->chunk, rows.first, 0, width, w->bias + part.first, slot_transposed(w, slot));
  multiply(rows_of(s->h + (row0 + rows.first) * s->hidden, s->hidden), rows.last - rows.first, s->hidden, &logits, 1,
           (form)s->precision);
  for (size_t first = rows.first; first < rows.last; first += STRIP_ROWS)
    exponentials_of_strip(w, p, first, minimum(STRIP_ROWS, rows.last - first), part.vectors);
}

/// A part's own dh, E·W, for some rows, unscaled.
static void hidden_backward(const loss_work *w, size_t p, size_t slot, range rows) {
  const mynah_cross_entropy *s = w->pass;
  size_t stride = padded(s->hidden);
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  product d_h = {w->partial + (p * w->chunk + rows.first) * stride, stride, NULL, 0, slot_packed(w, slot), s->hidden,
                 all_panels(s->hidden), true, 0};
  multiply(kept_rows(part_e(w, p), w->chunk, rows.first, 0), rows.last - rows.first, part.valid, &d_h, 1,
           (form)s->precision);
}

/// The target's logit, in double.
INLINE double target_logit(const mynah_cross_entropy *s, size_t row) {
  const float *h = s->h + row * s->hidden, *weight = s->weight + (size_t)s->targets[row] * s->hidden;
  double logit = s->bias ? s->bias[s->targets[row]] : 0;
  for (size_t j = 0; j < s->hidden; j++) logit += (double)h[j] * weight[j];
  return logit;
}

INLINE float gradient_scale(const mynah_cross_entropy *s, size_t row) {
  return s->row_weights ? s->scale * s->row_weights[row] : s->scale;
}

/// The loss of a row and, for each part, the factor of its E in the gradients.
static void finish_row(const loss_work *w, size_t row0, size_t r) {
  const mynah_cross_entropy *s = w->pass;
  const float *maxima = w->maxima + r, *sums = w->sums + r;
  double m = maxima[0], z = 0;
  for (size_t p = 1; p < w->parts; p++) m = maxima[p * w->chunk] > m ? maxima[p * w->chunk] : m;
  for (size_t p = 0; p < w->parts; p++) z += sums[p * w->chunk] * exp(maxima[p * w->chunk] - m);
  for (size_t p = 0; p < w->parts; p++)
    w->row_scale[p * w->chunk + r] = (float)(exp(maxima[p * w->chunk] - m) / z) * gradient_scale(s, row0 + r);
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

/// dh of some rows: the parts' own, in their order, less the one-hot term.
static void combine_hidden(const loss_work *w, size_t row0, range rows) {
  const mynah_cross_entropy *s = w->pass;
  size_t hidden = s->hidden, stride = padded(hidden);
  for (size_t r = rows.first; r < rows.last; r++) {
    float *d_h = s->d_h + (row0 + r) * hidden;
    const float *target = s->weight + (size_t)s->targets[row0 + r] * hidden;
    for (size_t j = 0; j < hidden; j += LANES) {
      size_t count = minimum(LANES, hidden - j);
      vfloat d = load_first(target + j, count) * -gradient_scale(s, row0 + r);
      for (size_t p = 0; p < w->parts; p++)
        d = fma_(splat(w->row_scale[p * w->chunk + r]), load(w->partial + (p * w->chunk + r) * stride + j), d);
      store_first(d_h + j, d, count);
    }
  }
}

/// dW and db of some hidden columns of a part, from one chunk of rows: dW += Eᵀ·(a_p h), then the one-hot term.
static void weights_backward(const loss_work *w, size_t p, size_t slot, size_t row0, size_t rows, range columns) {
  const mynah_cross_entropy *s = w->pass;
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  size_t first = columns.first * LANES, width = minimum(s->hidden, columns.last * LANES) - first;
  if (columns.first == columns.last) return;
  float *e = part_e(w, p);
  const float *row_scale = w->row_scale + p * w->chunk;
  float *scaled = w->scaled + slot * packed_size(s->hidden, w->chunk) + packed_size(first, w->chunk);
  source_rows h = {.base = s->h + row0 * s->hidden + first, .ld = s->hidden, .scales = row_scale};
  pack(scaled, h, rows, width, all_panels(width), (form)s->precision);
  float *d_weight = s->d_weight + part.first * s->hidden + first;
  product d_weights = {.c = d_weight, .ldc = s->hidden, .start = row0 ? d_weight : NULL, .start_stride = s->hidden};
  d_weights.packed = scaled, d_weights.n = width, d_weights.panels = all_panels(width);
  multiply(kept_columns(e, w->chunk, 0, 0), part.valid, rows, &d_weights, 1, (form)s->precision);
  for (size_t r = 0; r < rows; r++) {
    size_t target = (size_t)s->targets[row0 + r];
    if (target < part.first || target >= part.first + part.valid) continue;
    axpy(s->d_weight + target * s->hidden + first, s->h + (row0 + r) * s->hidden + first, -gradient_scale(s, row0 + r),
         width);
  }
  if (!s->d_bias || first > 0) return;
  float *d_bias = s->d_bias + part.first;
  for (size_t j = 0; j < part.valid; j += LANES) {
    size_t count = minimum(LANES, part.valid - j);
    vfloat sums = row0 ? load_first(d_bias + j, count) : splat(0);
    for (size_t r = 0; r < rows; r++)
      sums = fma_(splat(row_scale[r]), load(kept_vector(e, w->chunk, r, j / LANES)), sums);
    store_first(d_bias + j, sums, count);
  }
  for (size_t r = 0; r < rows; r++) {
    size_t target = (size_t)s->targets[row0 + r];
    if (target >= part.first && target < part.first + part.valid) s->d_bias[target] -= gradient_scale(s, row0 + r);
  }
}

static void cross_entropy_work(void *context, const mynah_worker *worker) {
  loss_work layout = *(const loss_work *)context;
  const loss_work *w = &layout;
  const mynah_cross_entropy *s = w->pass;
  loss_layout(&layout, aligned(s->workspace), s->rows, s->hidden, s->vocabulary, s->d_h != NULL, (size_t)worker->count);
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
    range own_rows = by_parts ? (range){0, rows} : share(rows, worker);
    for (size_t p = parts.first; p < parts.last; p++) {
      size_t slot = w->is_one_chunk ? (size_t)worker->thread : p;
      if (by_parts && row0 == 0) pack_part(w, p, slot);
      for (size_t r = own_rows.first; r < own_rows.last; r += BLOCK_ROWS) {
        range block = {r, minimum(own_rows.last, r + BLOCK_ROWS)};
        exponentials(w, p, slot, row0, block);
        if (s->d_h) hidden_backward(w, p, slot, block);
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
