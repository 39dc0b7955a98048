// Linear layer, softmax and cross-entropy, loss and gradients in one pass; the logits of a few rows at a time stay in
// cache.
//
//   l = W h + b                               loss = −Σ_r w_r log softmax(l_r)[target_r]
//   dl = scale·w_r (softmax(l_r) − onehot)    dh = Wᵀdl    dW = dl hᵀ
//
// The vocabulary is divided into parts whose number depends only on its size. For each row, a part computes its own
// maximum m_p and stores E = exp(l − m_p), which is multiplied with its rows of W while it is in cache. If there are
// many parts, successive ones form groups that share a dh: m_p is the maximum of the group so far, and dh is rescaled
// when it rises (M. Milakov, N. Gimelshein, "Online normalizer calculation for softmax", 2018). If bfloat16 values are
// multiplied in pairs, E is rounded once: neighbouring columns are paired for dh at once, neighbouring rows for dW.
// When all parts of a chunk of rows are done, E is not rescaled: with M = max m_p and Z = Σ_p e^{m_p − M} Σ E, the
// factor a_p = e^{m_p − M} / Z scales part p's share of dh and the packed rows of h from which dW is computed. The
// one-hot term touches one row of W per target and is subtracted separately.
//
// Groups of parts are divided among the workers if each gets about as many, else rows. Sums are computed in the order
// of rows, so the result does not depend on chunks and threads; dh is the sum of its groups in order.

#include "layout.h"
#include "exponentials.h"
#include "gradients.h"

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

/// Computes the loss of a row and, for each part, the factor of its E in the gradients.
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
  // The denominator is a sum over rounded logits; without this limit, an almost certain target could get a probability
  // above 1. NaN is kept.
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

static void cross_entropy_work(void *context, const mynah_worker *worker) {
  loss_work layout = *(const loss_work *)context;
  const loss_work *w = &layout;
  const mynah_cross_entropy *s = w->pass;
  loss_layout(&layout, aligned(s->workspace), s->rows, s->hidden, s->vocabulary, s->d_h != NULL, s->precision,
              (size_t)worker->count);
  const bool by_groups = shares_groups(w, (size_t)worker->count);
  const range groups = by_groups ? share(w->groups, worker) : (range){0, w->groups};
  const range parts = {group_parts(w, groups.first).first, group_parts(w, groups.last - 1).last};
  range columns = {0, vectors_of(s->hidden)};
  if (!by_groups) {
    columns = share(columns.last, worker);
    range packs = share(w->parts, worker);
    for (size_t p = packs.first; p < packs.last; p++) pack_part(w, p, p);
    mynah_worker_wait(worker);
  }

  double loss = 0;
  for (size_t row0 = 0; row0 < s->rows; row0 += w->chunk) {
    size_t rows = minimum(w->chunk, s->rows - row0);
    range own_rows = {0, rows};
    if (!by_groups) {
      // Pairs of rows are not split between workers.
      const range pairs = share(pairs_of(rows), worker);
      own_rows = (range){2 * pairs.first, minimum(rows, 2 * pairs.last)};
    }
    for (size_t p = parts.first, g = groups.first; p < parts.last; p++) {
      if (p == group_parts(w, g).last) g++;
      size_t slot = w->is_one_chunk ? (size_t)worker->thread : p;
      if (by_groups && row0 == 0) pack_part(w, p, slot);
      for (size_t r = own_rows.first; r < own_rows.last; r += BLOCK_ROWS) {
        const range own_block = {r, minimum(own_rows.last, r + BLOCK_ROWS)};
        const loss_block block = block_of(w, p, g, slot, (size_t)worker->thread, own_block);
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
