// Linear layer, softmax and cross-entropy, loss and gradients in one pass; the logits of a few rows at a time stay in cache.
//
//   l = W h + b    loss = -Σ_r w_r log softmax(l_r)[target_r]    dl = scale·w_r (softmax(l_r) − onehot)    dh = Wᵀdl    dW = dl hᵀ
//
// The vocabulary is cut into parts whose number depends on its size alone. A part finds its own maximum m_p and keeps
// E = exp(l − m_p); parts meet once a chunk, and E is never rescaled: with M = max m_p and Z = Σ_p e^{m_p − M} Σ E, the factor
// a_p = e^{m_p − M} / Z scales part p's rows of dh and the packed rows of h that make dW. The one-hot term touches one row of W
// a target and is subtracted apart.
//
// Workers take parts when there are enough, else rows. Sums run in the order of rows, so chunks and threads leave no trace
// in the bits; dh is the sum of its parts in order.

enum { MOST_PARTS = 16, PART_VECTORS = 512 / LANES, CHUNK_ROWS = 120 };

typedef struct {
  const mynah_cross_entropy *pass;
  size_t parts;
  float *packed_transposed;  // Wᵀ for the logits, part by part
  float *packed;             // W for dh, part by part
  float *bias;               // padded with -1e30, so that padding gets probability 0
  float *e;                  // [part][chunk rows][part's width, an odd number of vectors]
  float *partial;            // [part][chunk rows][Hp]: dh of each part, unscaled
  float *scaled;             // [part][Hp panels][chunk rows]: h scaled by a_p
  float *maxima, *sums;      // [2][part][chunk rows]; two, since the next chunk begins while this one's are read
  float *row_scale;          // [part][chunk rows]
} loss_work;

typedef struct {
  size_t first, valid, vectors, stride;  // columns of the vocabulary; stride of E
} vocabulary_part;

INLINE size_t part_count(size_t vocabulary) {
  size_t parts = vectors_of(vocabulary) / PART_VECTORS;
  return parts < 1 ? 1 : minimum(parts, MOST_PARTS);
}

INLINE vocabulary_part part_of(size_t vocabulary, size_t parts, size_t p) {
  size_t vectors = vectors_of(vocabulary), first = vectors * p / parts, last = vectors * (p + 1) / parts;
  size_t valid = minimum(vocabulary, last * LANES) - first * LANES;
  // An odd stride in cache lines spreads a column's rows over all sets of the cache.
  return (vocabulary_part){first * LANES, valid, last - first, ((last - first) | 1) * LANES};
}

INLINE size_t e_stride(size_t vocabulary, size_t parts) { return ((vectors_of(vocabulary) + parts - 1) / parts | 1) * LANES; }
INLINE size_t chunk_rows(size_t rows) { return minimum(rows, CHUNK_ROWS); }

static size_t cross_entropy_workspace(size_t rows, size_t hidden, size_t vocabulary, bool gradients) {
  size_t parts = part_count(vocabulary), chunk = chunk_rows(rows);
  size_t size = padded(vocabulary) * (hidden + 1) + parts * chunk * (e_stride(vocabulary, parts) + 5);
  if (gradients) size += vocabulary * padded(hidden) + 2 * parts * chunk * padded(hidden);
  return size + LANES;
}

static loss_work loss_layout(const mynah_cross_entropy *s) {
  size_t parts = part_count(s->vocabulary), chunk = chunk_rows(s->rows), stride = padded(s->hidden);
  loss_work w = {.pass = s, .parts = parts};
  float *next = s->workspace;
  w.packed_transposed = next, next += padded(s->vocabulary) * s->hidden;
  w.bias = next, next += padded(s->vocabulary);
  w.e = next, next += parts * chunk * e_stride(s->vocabulary, parts);
  w.maxima = next, next += 2 * parts * chunk;
  w.sums = next, next += 2 * parts * chunk;
  w.row_scale = next, next += parts * chunk;
  if (s->d_h) {
    w.packed = next, next += s->vocabulary * stride;
    w.partial = next, next += parts * chunk * stride;
    w.scaled = next;
  }
  return w;
}

/// E and its row sums for some rows of a part: logits, their maximum, exponentials.
static void exponentials(const loss_work *w, size_t p, size_t row0, range rows, size_t half) {
  const mynah_cross_entropy *s = w->pass;
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  size_t chunk = chunk_rows(s->rows);
  float *e = w->e + p * chunk * e_stride(s->vocabulary, w->parts);
  multiply(e + rows.first * part.stride, part.stride, w->bias + part.first, 0,
           rows_of(s->h + (row0 + rows.first) * s->hidden, s->hidden), w->packed_transposed + part.first * s->hidden,
           rows.last - rows.first, part.vectors * LANES, s->hidden, all_panels(part.vectors * LANES), true);
  for (size_t r = rows.first; r < rows.last; r++) {
    float *row = e + r * part.stride;
    vfloat largest = load(row);
    for (size_t v = 1; v < part.vectors; v++) {
      vfloat x = load(row + v * LANES);
      largest = select(x > largest, x, largest);
    }
    float maximum = largest[0];
    for (int lane = 1; lane < LANES; lane++) maximum = largest[lane] > maximum ? largest[lane] : maximum;
    vfloat sums = {0};
    for (size_t v = 0; v < part.vectors; v++) {
      vfloat x = vexp(load(row + v * LANES) - maximum);
      store(row + v * LANES, x);
      sums += x;
    }
    double total = 0;
    for (int lane = 0; lane < LANES; lane++) total += sums[lane];
    w->maxima[(half * w->parts + p) * chunk + r] = maximum;
    w->sums[(half * w->parts + p) * chunk + r] = (float)total;
  }
}

/// log of the softmax's denominator of a row, Σ over parts.
INLINE double log_denominator(const loss_work *w, size_t half, size_t r) {
  size_t chunk = chunk_rows(w->pass->rows);
  const float *maxima = w->maxima + half * w->parts * chunk + r, *sums = w->sums + half * w->parts * chunk + r;
  double m = maxima[0], z = 0;
  for (size_t p = 1; p < w->parts; p++) m = maxima[p * chunk] > m ? maxima[p * chunk] : m;
  for (size_t p = 0; p < w->parts; p++) z += sums[p * chunk] * exp(maxima[p * chunk] - m);
  return m + log(z);
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

/// dW and db of some hidden columns of a part, from one chunk of rows: dW += Eᵀ·(a_p h), then the one-hot term.
static void weights_backward(const loss_work *w, size_t p, size_t row0, size_t rows, range columns) {
  const mynah_cross_entropy *s = w->pass;
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  size_t chunk = chunk_rows(s->rows), first = columns.first * LANES;
  size_t width = minimum(s->hidden, columns.last * LANES) - first;
  if (columns.first == columns.last) return;
  const float *e = w->e + p * chunk * e_stride(s->vocabulary, w->parts);
  const float *row_scale = w->row_scale + p * chunk;
  float *scaled = w->scaled + p * chunk * padded(s->hidden) + first * chunk;
  pack(scaled, s->h + row0 * s->hidden + first, s->hidden, rows, width, all_panels(width), row_scale);
  float *d_weight = s->d_weight + part.first * s->hidden + first;
  multiply(d_weight, s->hidden, row0 ? d_weight : NULL, s->hidden, columns_of(e, part.stride), scaled, part.valid, width, rows,
           all_panels(width), false);
  for (size_t r = 0; r < rows; r++) {
    size_t target = (size_t)s->targets[row0 + r];
    if (target < part.first || target >= part.first + part.valid) continue;
    axpy(s->d_weight + target * s->hidden + first, s->h + (row0 + r) * s->hidden + first, -gradient_scale(s, row0 + r), width);
  }
  if (!s->d_bias || first > 0) return;
  float *d_bias = s->d_bias + part.first;
  for (size_t j = 0; j < part.valid; j += LANES) {
    size_t count = minimum(LANES, part.valid - j);
    vfloat sums = row0 ? load_first(d_bias + j, count) : splat(0);
    for (size_t r = 0; r < rows; r++) sums = fma_(splat(row_scale[r]), load(e + r * part.stride + j), sums);
    store_first(d_bias + j, sums, count);
  }
  for (size_t r = 0; r < rows; r++) {
    size_t target = (size_t)s->targets[row0 + r];
    if (target >= part.first && target < part.first + part.valid) s->d_bias[target] -= gradient_scale(s, row0 + r);
  }
}

/// Packs a worker's share of the parts: Wᵀ for the logits, W for dh, and the bias.
static void pack_weights(const loss_work *w, const mynah_worker *worker) {
  const mynah_cross_entropy *s = w->pass;
  size_t hidden = s->hidden;
  range own = share(w->parts, worker);
  for (size_t p = own.first; p < own.last; p++) {
    vocabulary_part part = part_of(s->vocabulary, w->parts, p);
    const float *weight = s->weight + part.first * hidden;
    pack_transposed(w->packed_transposed + part.first * hidden, weight, hidden, hidden, part.valid, all_panels(part.valid));
    for (size_t j = 0; j < part.vectors * LANES; j++)
      w->bias[part.first + j] = j >= part.valid ? -1e30f : s->bias ? s->bias[part.first + j] : 0;
    if (s->d_h) pack(w->packed + part.first * padded(hidden), weight, hidden, part.valid, hidden, all_panels(hidden), NULL);
  }
}

/// The loss of a chunk of rows, in their order.
static double chunk_loss(const mynah_cross_entropy *s, size_t row0, size_t rows, const double *denominators) {
  double loss = 0;
  for (size_t r = row0; r < row0 + rows; r++) {
    double nats = denominators[r - row0] - target_logit(s, r);
    // The denominator comes of rounded logits: a sure target must not get a probability above 1. NaN stays.
    if (nats < 0) nats = 0;
    if (s->row_losses) s->row_losses[r] = (float)nats;
    loss += s->row_weights ? s->row_weights[r] * nats : nats;
  }
  return loss;
}

/// A part's own dh, E·W, for some rows; and what it counts in each row: a_p × the gradient's scale.
static void hidden_backward(const loss_work *w, size_t p, size_t row0, range rows, size_t half, const double *denominators) {
  const mynah_cross_entropy *s = w->pass;
  size_t chunk = chunk_rows(s->rows), stride = padded(s->hidden);
  for (size_t r = rows.first; r < rows.last; r++) {
    float maximum = w->maxima[(half * w->parts + p) * chunk + r];
    w->row_scale[p * chunk + r] = (float)exp(maximum - denominators[r]) * gradient_scale(s, row0 + r);
  }
  vocabulary_part part = part_of(s->vocabulary, w->parts, p);
  const float *e = w->e + p * chunk * e_stride(s->vocabulary, w->parts) + rows.first * part.stride;
  multiply(w->partial + (p * chunk + rows.first) * stride, stride, NULL, 0, rows_of(e, part.stride),
           w->packed + part.first * stride, rows.last - rows.first, s->hidden, part.valid, all_panels(s->hidden), true);
}

/// dh of some rows: the parts' own, in their order, less the one-hot term.
static void combine_hidden(const loss_work *w, size_t row0, range rows) {
  const mynah_cross_entropy *s = w->pass;
  size_t chunk = chunk_rows(s->rows), hidden = s->hidden, stride = padded(hidden);
  for (size_t r = rows.first; r < rows.last; r++) {
    float *d_h = s->d_h + (row0 + r) * hidden;
    const float *target = s->weight + (size_t)s->targets[row0 + r] * hidden;
    for (size_t j = 0; j < hidden; j += LANES) {
      size_t count = minimum(LANES, hidden - j);
      vfloat d = load_first(target + j, count) * -gradient_scale(s, row0 + r);
      for (size_t p = 0; p < w->parts; p++)
        d = fma_(splat(w->row_scale[p * chunk + r]), load(w->partial + (p * chunk + r) * stride + j), d);
      store_first(d_h + j, d, count);
    }
  }
}

static void cross_entropy_work(void *context, const mynah_worker *worker) {
  const loss_work *w = context;
  const mynah_cross_entropy *s = w->pass;
  const bool by_parts = w->parts >= (size_t)worker->count;
  range parts = by_parts ? share(w->parts, worker) : (range){0, w->parts};
  range columns = {0, vectors_of(s->hidden)};
  if (!by_parts) columns = share(columns.last, worker);

  pack_weights(w, worker);
  mynah_worker_wait(worker);
  double loss = 0;
  for (size_t row0 = 0, half = 0; row0 < s->rows; row0 += chunk_rows(s->rows), half = 1 - half) {
    size_t rows = minimum(chunk_rows(s->rows), s->rows - row0);
    range own_rows = by_parts ? (range){0, rows} : share(rows, worker);
    for (size_t p = parts.first; p < parts.last; p++) exponentials(w, p, row0, own_rows, half);
    mynah_worker_wait(worker);  // all parts' maxima and sums are there

    double denominators[CHUNK_ROWS];
    for (size_t r = 0; r < rows; r++) denominators[r] = log_denominator(w, half, r);
    if (worker->thread == 0) loss += chunk_loss(s, row0, rows, denominators);
    if (!s->d_h) continue;
    for (size_t p = parts.first; p < parts.last; p++) {
      hidden_backward(w, p, row0, own_rows, half, denominators);
      if (by_parts) weights_backward(w, p, row0, rows, columns);  // while E is near
    }
    mynah_worker_wait(worker);  // all parts' dh and scales are there
    if (!by_parts)
      for (size_t p = parts.first; p < parts.last; p++) weights_backward(w, p, row0, rows, columns);
    combine_hidden(w, row0, share(rows, worker));
    mynah_worker_wait(worker);  // E, dh and the scales are free again
  }
  if (worker->thread == 0) *s->loss = loss;
}

static void cross_entropy(mynah_team *team, const mynah_cross_entropy *pass) {
  loss_work work = loss_layout(pass);
  mynah_team_run(team, cross_entropy_work, &work);
}
