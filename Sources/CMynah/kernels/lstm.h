// One LSTM layer over a sequence, forward and backward (S. Hochreiter, J. Schmidhuber 1997; forget gate: F. Gers et al. 2000).
//
//   i, f, o = σ(W_ih x_t + W_hh h_{t-1} + b)   g = tanh(…)   c_t = f ⊙ c_{t-1} + i ⊙ g   h_t = o ⊙ tanh c_t
//
// The input projection of the whole sequence is one product; W_hh is packed once. Each worker owns some hidden units: their
// columns of every gate, so it projects, recurs and applies the gates to its own, and all meet once a step, when h_t is whole.

enum { GATES = 4 };  // i, f, g, o

/// A worker's hidden units, cut at whole vectors.
typedef struct {
  size_t first, count;   // units
  size_t vectors;
} unit_share;

INLINE unit_share units_of(size_t hidden, const mynah_worker *worker) {
  range v = share(vectors_of(hidden), worker);
  size_t first = v.first * LANES;
  return (unit_share){first, minimum(hidden, v.last * LANES) - minimum(hidden, first), v.last - v.first};
}

static size_t lstm_forward_workspace(size_t input, size_t hidden) {
  return GATES * (packed_size(hidden, input) + packed_size(hidden, hidden) + padded(hidden)) + ALIGNMENT;
}

/// Copies [rows, H] into rows padded with zeros to Hp.
INLINE void copy_padded(float *to, const float *from, size_t rows, size_t hidden) {
  size_t stride = padded(hidden);
  for (size_t r = 0; r < rows; r++) {
    memcpy(to + r * stride, from + r * hidden, hidden * sizeof(float));
    memset(to + r * stride + hidden, 0, (stride - hidden) * sizeof(float));
  }
}

static void lstm_gates_forward(const mynah_lstm_forward *s, size_t t, unit_share units) {
  size_t stride = padded(s->hidden);
  for (size_t b = 0; b < s->batch; b++) {
    float *gates = s->gates + (t * s->batch + b) * GATES * stride + units.first;
    size_t before = (t * s->batch + b) * stride + units.first, after = before + s->batch * stride;
    for (size_t v = 0; v < units.vectors; v++) {
      size_t j = v * LANES;
      vfloat i = vsigmoid(load(gates + j)), f = vsigmoid(load(gates + stride + j));
      vfloat g = vtanh(load(gates + 2 * stride + j)), o = vsigmoid(load(gates + 3 * stride + j));
      vfloat c = fma_(f, load(s->cells + before + j), i * g);
      store(gates + j, i);
      store(gates + stride + j, f);
      store(gates + 2 * stride + j, g);
      store(gates + 3 * stride + j, o);
      store(s->cells + after + j, c);
      store(s->hiddens + after + j, o * vtanh(c));
    }
  }
}

static void lstm_forward_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_forward *s = context;
  const size_t hidden = s->hidden, stride = padded(hidden), rows = s->steps * s->batch;
  unit_share units = units_of(hidden, worker);
  range own = all_panels(units.count);
  size_t width = units.vectors * LANES;
  // Own share of the workspace: packed W_ih, packed W_hh, padded bias; of each gate.
  float *packed_ih = aligned(s->workspace) + GATES * packed_size(units.first, s->input);
  float *packed_hh = aligned(s->workspace) + GATES * (packed_size(hidden, s->input) + packed_size(units.first, hidden));
  float *bias = aligned(s->workspace) + GATES * (packed_size(hidden, s->input) + packed_size(hidden, hidden) + units.first);
  product projections[GATES], recurrences[GATES];
  for (size_t gate = 0; gate < GATES; gate++) {
    size_t row = gate * hidden + units.first;
    float *ih = packed_ih + gate * packed_size(units.count, s->input), *hh = packed_hh + gate * packed_size(units.count, hidden);
    pack_transposed(ih, s->weight_ih + row * s->input, s->input, s->input, units.count, own, s->precision);
    pack_transposed(hh, s->weight_hh + row * hidden, hidden, hidden, units.count, own, s->precision);
    memset(bias + gate * width, 0, width * sizeof(float));
    memcpy(bias + gate * width, s->bias + row, units.count * sizeof(float));
    float *gates = s->gates + gate * stride + units.first;
    projections[gate] = (product){gates, GATES * stride, bias + gate * width, 0, ih, units.count, own, true};
    recurrences[gate] = (product){gates, GATES * stride, gates, GATES * stride, hh, units.count, own, true};
  }
  if (worker->thread == 0) {
    copy_padded(s->hiddens, s->h0, s->batch, hidden);
    copy_padded(s->cells, s->c0, s->batch, hidden);
  }
  multiply(rows_of(s->x, s->input), rows, s->input, projections, GATES, s->precision);
  for (size_t t = 0; t < s->steps; t++) {
    mynah_worker_wait(worker);  // h_{t-1} is whole
    multiply(rows_of(s->hiddens + t * s->batch * stride, stride), s->batch, hidden, recurrences, GATES, s->precision);
    for (size_t gate = 0; gate < GATES; gate++) {
      recurrences[gate].c += s->batch * GATES * stride;
      recurrences[gate].start = recurrences[gate].c;
    }
    lstm_gates_forward(s, t, units);
    for (size_t b = 0; b < s->batch; b++) {
      size_t row = t * s->batch + b;
      memcpy(s->output + row * hidden + units.first, s->hiddens + (row + s->batch) * stride + units.first,
             units.count * sizeof(float));
    }
  }
}

static void lstm_forward(mynah_team *team, const mynah_lstm_forward *pass) {
  mynah_team_run(team, lstm_forward_work, (void *)pass);
}

// MARK: Backward

static size_t lstm_backward_workspace(size_t steps, size_t batch, size_t input, size_t hidden) {
  size_t rows = steps * batch, gates = GATES * padded(hidden);
  return packed_size(hidden, gates)                                  // W_hh as B of dh = dG·W_hh, each worker's columns
         + packed_size(input, gates)                                 // W_ih as B of dX = dG·W_ih
         + packed_size(input, rows) + packed_size(hidden, rows)      // X and H as B of the weights' gradients
         + 2 * batch * padded(hidden) + ALIGNMENT;                      // dh and dc on their way back in time
}

/// The gates' gradients of step t; dc becomes the gradient of c_{t-1}.
static void lstm_gates_backward(const mynah_lstm_backward *s, size_t t, const float *d_h_rows, float *d_c_rows, unit_share units) {
  const mynah_lstm_forward *f = &s->forward;
  size_t stride = padded(f->hidden);
  for (size_t b = 0; b < f->batch; b++) {
    size_t row = t * f->batch + b, before = row * stride + units.first, after = before + f->batch * stride;
    const float *gates = f->gates + row * GATES * stride + units.first;
    float *d_gates = s->d_gates + row * GATES * stride + units.first;
    const float *d_output = s->d_output ? s->d_output + row * f->hidden + units.first : NULL;
    const float *d_h_row = d_h_rows + b * stride + units.first;
    float *d_c_row = d_c_rows + b * stride + units.first;
    for (size_t v = 0; v < units.vectors; v++) {
      size_t j = v * LANES;
      vfloat d_h = load(d_h_row + j);
      if (d_output) d_h += j + LANES <= units.count ? load(d_output + j) : load_first(d_output + j, units.count - j);
      vfloat i = load(gates + j), forget = load(gates + stride + j), g = load(gates + 2 * stride + j);
      vfloat o = load(gates + 3 * stride + j), tanh_c = vtanh(load(f->cells + after + j));
      vfloat d_c = load(d_c_row + j) + d_h * o * (1.0f - tanh_c * tanh_c);
      store(d_gates + j, d_c * g * i * (1.0f - i));
      store(d_gates + stride + j, d_c * load(f->cells + before + j) * forget * (1.0f - forget));
      store(d_gates + 2 * stride + j, d_c * i * (1.0f - g * g));
      store(d_gates + 3 * stride + j, d_h * tanh_c * o * (1.0f - o));
      store(d_c_row + j, d_c * forget);
    }
  }
}

/// Σ over rows of the gates' gradients: the bias's gradient of own units.
static void lstm_bias_backward(const mynah_lstm_backward *s, unit_share units) {
  const mynah_lstm_forward *f = &s->forward;
  size_t stride = padded(f->hidden), rows = f->steps * f->batch;
  for (size_t gate = 0; gate < GATES; gate++)
    for (size_t j = 0; j < units.count; j += LANES) {
      const float *column = s->d_gates + gate * stride + units.first + j;
      vfloat sums = {0};
      for (size_t r = 0; r < rows; r++) sums += load(column + r * GATES * stride);
      store_first(s->d_bias + gate * f->hidden + units.first + j, sums, minimum(LANES, units.count - j));
    }
}

static void lstm_backward_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_backward *s = context;
  const mynah_lstm_forward *f = &s->forward;
  const size_t hidden = f->hidden, input = f->input, batch = f->batch, stride = padded(hidden), rows = f->steps * batch;
  unit_share units = units_of(hidden, worker);
  range own = all_panels(units.count);
  const size_t gates = GATES * stride;
  float *packed_hh = aligned(s->workspace);
  float *packed_ih = packed_hh + packed_size(hidden, gates);
  float *packed_x = packed_ih + packed_size(input, gates);
  float *packed_h = packed_x + packed_size(input, rows);
  float *d_h = packed_h + packed_size(hidden, rows), *d_c = d_h + batch * stride;
  packed_hh += packed_size(units.first, gates);
  source_rows recurrent_rows = {f->weight_hh + units.first, hidden, hidden, stride, NULL};
  pack(packed_hh, recurrent_rows, gates, units.count, own, f->precision);

  for (size_t b = 0; b < batch; b++)
    for (size_t j = 0; j < units.vectors * LANES; j++) {
      bool inside = j < units.count;
      d_h[b * stride + units.first + j] = inside && s->d_last_h ? s->d_last_h[b * hidden + units.first + j] : 0;
      d_c[b * stride + units.first + j] = inside && s->d_last_c ? s->d_last_c[b * hidden + units.first + j] : 0;
    }
  for (size_t t = f->steps; t-- > 0;) {
    lstm_gates_backward(s, t, d_h, d_c, units);
    mynah_worker_wait(worker);  // the gates' gradients of step t are whole
    product back = {d_h + units.first, stride, NULL, 0, packed_hh, units.count, own, true};
    multiply(rows_of(s->d_gates + t * batch * gates, gates), batch, gates, &back, 1, f->precision);
  }
  for (size_t b = 0; b < batch; b++) {
    memcpy(s->d_h0 + b * hidden + units.first, d_h + b * stride + units.first, units.count * sizeof(float));
    memcpy(s->d_c0 + b * hidden + units.first, d_c + b * stride + units.first, units.count * sizeof(float));
  }

  // The weights' gradients: rows of own units, dWᵀ's operands packed by all together.
  range input_panels = all_panels(input), hidden_panels = all_panels(hidden);
  pack(packed_x, plain_rows(f->x, input), rows, input, share(input_panels.last, worker), f->precision);
  pack(packed_h, plain_rows(f->hiddens, stride), rows, hidden, share(hidden_panels.last, worker), f->precision);
  source_rows input_rows = {f->weight_ih, input, hidden, stride, NULL};
  if (s->d_x) pack(packed_ih, input_rows, gates, input, share(input_panels.last, worker), f->precision);
  lstm_bias_backward(s, units);
  mynah_worker_wait(worker);
  for (size_t gate = 0; gate < GATES; gate++) {
    size_t row = gate * hidden + units.first;
    product d_weights[] = {{s->d_weight_ih + row * input, input, NULL, 0, packed_x, input, input_panels, false},
                           {s->d_weight_hh + row * hidden, hidden, NULL, 0, packed_h, hidden, hidden_panels, false}};
    multiply(columns_of(s->d_gates + gate * stride + units.first, gates), units.count, rows, d_weights, 2, f->precision);
  }
  if (s->d_x) {
    range r = share(rows, worker);
    product d_x = {s->d_x + r.first * input, input, NULL, 0, packed_ih, input, input_panels, false};
    multiply(rows_of(s->d_gates + r.first * gates, gates), r.last - r.first, gates, &d_x, 1, f->precision);
  }
}

static void lstm_backward(mynah_team *team, const mynah_lstm_backward *pass) {
  mynah_team_run(team, lstm_backward_work, (void *)pass);
}
