// The textbook version of a recurrent layer: the cells' equations in double precision, one unit at a time.
#include "CMynahTextbook.h"

#include <math.h>

static double logistic(double x) { return 1 / (1 + exp(-x)); }

/// One row of a pass at one step.
typedef struct {
  const mynah_scan_forward *pass;
  const float *x;   // [I]
  const double *h;  // [P]: the output before the step
  const double *m;  // [H]: the intermediate vector
} textbook_row;

static double dot(const float *w, const double *v, size_t count) {
  double sum = 0;
  for (size_t j = 0; j < count; j++) sum += w[j] * v[j];
  return sum;
}

/// W_ih x + b_ih of one block and unit.
static double from_input(const textbook_row *r, size_t block, size_t unit) {
  const mynah_scan_sizes *s = &r->pass->sizes;
  const size_t row = block * s->hidden + unit;
  double sum = r->pass->bias_ih[row];
  for (size_t j = 0; j < s->input; j++) sum += (double)r->pass->weight_ih[row * s->input + j] * r->x[j];
  return sum;
}

/// W_hh v + b_hh of one block and unit; v is h or the intermediate vector.
static double from_state(const textbook_row *r, size_t block, size_t unit, const double *v) {
  const mynah_scan_sizes *s = &r->pass->sizes;
  const size_t row = block * s->hidden + unit;
  return dot(r->pass->weight_hh + row * s->output, v, s->output) + (r->pass->bias_hh ? r->pass->bias_hh[row] : 0);
}

static double sum_of(const textbook_row *r, size_t block, size_t unit) {
  return from_input(r, block, unit) + from_state(r, block, unit, r->h);
}

/// The intermediate vector of cells that have one: r ⊙ h of a GRU that resets before the product.
static double reset_state(const textbook_row *r, size_t u) { return logistic(sum_of(r, 0, u)) * r->h[u]; }

/// h' of one unit (before the projection, if there is one); c' in *c.
static double next_unit(const textbook_row *r, size_t u, double *c) {
  const float *const *v = r->pass->vectors;
  double old = *c;
  switch (r->pass->sizes.cell) {
    case MYNAH_CELL_LSTM:
    case MYNAH_CELL_PROJECTED_LSTM:
      *c = logistic(sum_of(r, 1, u)) * old + logistic(sum_of(r, 0, u)) * tanh(sum_of(r, 2, u));
      return logistic(sum_of(r, 3, u)) * tanh(*c);
    case MYNAH_CELL_PEEPHOLE_LSTM:
      *c = logistic(sum_of(r, 1, u) + v[1][u] * old) * old +
           logistic(sum_of(r, 0, u) + v[0][u] * old) * tanh(sum_of(r, 2, u));
      return logistic(sum_of(r, 3, u) + v[2][u] * *c) * tanh(*c);
    case MYNAH_CELL_CAPPED_LSTM: {
      double f = logistic(sum_of(r, 1, u));
      *c = f * old + fmin(logistic(sum_of(r, 0, u)), 1 - f) * tanh(sum_of(r, 2, u));
      return logistic(sum_of(r, 3, u)) * tanh(*c);
    }
    case MYNAH_CELL_COUPLED_LSTM: {
      double i = logistic(sum_of(r, 0, u));
      *c = (1 - i) * old + i * tanh(sum_of(r, 1, u));
      return logistic(sum_of(r, 2, u)) * tanh(*c);
    }
    case MYNAH_CELL_RNN_TANH: return tanh(sum_of(r, 0, u));
    case MYNAH_CELL_RNN_RELU: return fmax(sum_of(r, 0, u), 0);
    case MYNAH_CELL_GRU: {
      double z = logistic(sum_of(r, 1, u));
      double n = tanh(from_input(r, 2, u) + logistic(sum_of(r, 0, u)) * from_state(r, 2, u, r->h));
      return (1 - z) * n + z * r->h[u];
    }
    case MYNAH_CELL_GRU_RESET_BEFORE: {
      double z = logistic(sum_of(r, 1, u)), n = tanh(from_input(r, 2, u) + from_state(r, 2, u, r->m));
      return (1 - z) * n + z * r->h[u];
    }
    case MYNAH_CELL_MIN_GRU: {
      double z = logistic(from_input(r, 0, u));
      return (1 - z) * r->h[u] + z * from_input(r, 1, u);
    }
    case MYNAH_CELL_SRU:
    case MYNAH_CELL_SRU_IDENTITY: {
      double f = logistic(from_input(r, 1, u) + v[0][u] * old), gate = logistic(from_input(r, 2, u) + v[1][u] * old);
      *c = f * old + (1 - f) * from_input(r, 0, u);
      return gate * *c + (1 - gate) * (r->pass->sizes.cell == MYNAH_CELL_SRU ? from_input(r, 3, u) : r->x[u]);
    }
    case MYNAH_CELL_QRNN: {
      double f = logistic(from_input(r, 1, u));
      *c = f * old + (1 - f) * tanh(from_input(r, 0, u));
      return logistic(from_input(r, 2, u)) * *c;
    }
  }
  return NAN;
}

void mynah_scan_textbook(double *output, double *last_h, double *last_c, double *scratch,
                          const mynah_scan_forward *pass) {
  const mynah_scan_sizes *s = &pass->sizes;
  const mynah_cell_traits *cell = mynah_traits_of(s->cell);
  double none = 0;
  for (size_t j = 0; cell->has_hidden_state && j < s->batch * s->output; j++) last_h[j] = pass->h0[j];
  for (size_t j = 0; cell->has_cell_state && j < s->batch * s->hidden; j++) last_c[j] = pass->c0[j];
  for (size_t row = 0; row < s->steps * s->batch; row++) {
    const size_t b = row % s->batch;
    double *h = output + row * s->output, *c = last_c + b * s->hidden;
    const size_t x_row = s->distinct ? (size_t)pass->x_rows[row] : row;
    const textbook_row r = {pass, pass->x + x_row * s->input, last_h + b * s->output, scratch};
    for (size_t u = 0; cell->late_blocks && u < s->hidden; u++) scratch[u] = reset_state(&r, u);
    for (size_t u = 0; u < s->hidden; u++) {
      double next = next_unit(&r, u, cell->has_cell_state ? c + u : &none);
      if (cell->has_projection) scratch[u] = next;
      else h[u] = next;
    }
    for (size_t p = 0; cell->has_projection && p < s->output; p++)
      h[p] = dot(pass->weight_hr + p * s->hidden, scratch, s->hidden);
    for (size_t p = 0; cell->has_hidden_state && p < s->output; p++) last_h[b * s->output + p] = h[p];
  }
}
