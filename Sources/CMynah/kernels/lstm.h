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
    float *h = s->output + (t * s->batch + b) * s->hidden + units.first;
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
      store_first(h + j, o * vtanh(c), minimum(LANES, units.count - j));
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
  if (worker->thread == 0) copy_padded(s->cells, s->c0, s->batch, hidden);
  multiply(rows_of(s->x, s->input), rows, s->input, projections, GATES, s->precision);
  for (size_t t = 0; t < s->steps; t++) {
    mynah_worker_wait(worker);  // h_{t-1} is whole
    const float *h = t ? s->output + (t - 1) * s->batch * hidden : s->h0;
    multiply(rows_of(h, hidden), s->batch, hidden, recurrences, GATES, s->precision);
    for (size_t gate = 0; gate < GATES; gate++) {
      recurrences[gate].c += s->batch * GATES * stride;
      recurrences[gate].start = recurrences[gate].c;
    }
    lstm_gates_forward(s, t, units);
  }
}

static void lstm_forward(mynah_team *team, const mynah_lstm_forward *pass) {
  mynah_team_run(team, lstm_forward_work, (void *)pass);
}

// MARK: Backward

/// Rows of X and H that are packed at a time for the weights' gradients.
INLINE size_t lstm_chunk_rows(size_t rows) {
  enum { MOST_ROWS = 2048 };
  size_t chunks = (rows + MOST_ROWS - 1) / MOST_ROWS;
  return (rows + chunks - 1) / chunks;
}

/// One place for what is packed, since it is needed one after the other: W_hh as B of dh = dG·W_hh, each worker's columns; X and H
/// as B of the weights' gradients; W_ih as B of dX = dG·W_ih. Behind it dh and dc on their way back in time, and db.
static size_t lstm_packed_size(size_t steps, size_t batch, size_t input, size_t hidden) {
  size_t chunk = lstm_chunk_rows(steps * batch), gates = GATES * padded(hidden);
  size_t sizes[] = {packed_size(hidden, gates), packed_size(input, chunk) + packed_size(hidden, chunk), packed_size(input, gates)};
  size_t largest = sizes[0];
  for (int i = 1; i < 3; i++) largest = sizes[i] > largest ? sizes[i] : largest;
  return largest;
}
static size_t lstm_backward_workspace(size_t steps, size_t batch, size_t input, size_t hidden) {
  return lstm_packed_size(steps, batch, input, hidden) + (2 * batch + GATES) * padded(hidden) + ALIGNMENT;
}

/// The gates' gradients of step t, added to the bias's; dc becomes the gradient of c_{t-1}.
static void lstm_gates_backward(const mynah_lstm_backward *s, size_t t, const float *d_h_rows, float *d_c_rows, float *d_bias,
                                unit_share units) {
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
      vfloat gradients[GATES] = {d_c * g * i * (1.0f - i), d_c * load(f->cells + before + j) * forget * (1.0f - forget),
                                 d_c * i * (1.0f - g * g), d_h * tanh_c * o * (1.0f - o)};
      for (size_t gate = 0; gate < GATES; gate++) {
        float *sums = d_bias + gate * stride + units.first + j;
        store(d_gates + gate * stride + j, gradients[gate]);
        store(sums, load(sums) + gradients[gate]);
      }
      store(d_c_row + j, d_c * forget);
    }
  }
}

/// dh and dc of all steps, from the last to the first: the gradients of the gates, the bias, h0 and c0.
static void lstm_recurrence_backward(const mynah_lstm_backward *s, unit_share units, const mynah_worker *worker) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t hidden = f->hidden, batch = f->batch, stride = padded(hidden), gates = GATES * stride;
  range own = all_panels(units.count);
  float *packed = aligned(s->workspace) + packed_size(units.first, gates);
  float *d_h = aligned(s->workspace) + lstm_packed_size(f->steps, batch, f->input, hidden), *d_c = d_h + batch * stride;
  float *d_bias = d_c + batch * stride;
  source_rows recurrent = {.base = f->weight_hh + units.first, .ld = hidden, .group = hidden, .padded_group = stride};
  pack(packed, recurrent, gates, units.count, own, f->precision);
  for (size_t b = 0; b < batch; b++)
    for (size_t j = 0; j < units.vectors * LANES; j++) {
      bool inside = j < units.count;
      d_h[b * stride + units.first + j] = inside && s->d_last_h ? s->d_last_h[b * hidden + units.first + j] : 0;
      d_c[b * stride + units.first + j] = inside && s->d_last_c ? s->d_last_c[b * hidden + units.first + j] : 0;
    }
  for (size_t gate = 0; gate < GATES; gate++) memset(d_bias + gate * stride + units.first, 0, units.vectors * LANES * sizeof(float));
  for (size_t t = f->steps; t-- > 0;) {
    lstm_gates_backward(s, t, d_h, d_c, d_bias, units);
    mynah_worker_wait(worker);  // the gates' gradients of step t are whole
    product back = {d_h + units.first, stride, NULL, 0, packed, units.count, own, true, 0};
    multiply(rows_of(s->d_gates + t * batch * gates, gates), batch, gates, &back, 1, f->precision);
  }
  for (size_t b = 0; b < batch; b++) {
    memcpy(s->d_h0 + b * hidden + units.first, d_h + b * stride + units.first, units.count * sizeof(float));
    memcpy(s->d_c0 + b * hidden + units.first, d_c + b * stride + units.first, units.count * sizeof(float));
  }
  for (size_t gate = 0; gate < GATES; gate++)
    memcpy(s->d_bias + gate * hidden + units.first, d_bias + gate * stride + units.first, units.count * sizeof(float));
}

/// dW_ih and dW_hh: each worker makes the rows of its own units, with operands that all pack together.
static void lstm_weights_backward(const mynah_lstm_backward *s, unit_share units, const mynah_worker *worker) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t hidden = f->hidden, input = f->input, stride = padded(hidden), gates = GATES * stride;
  const size_t rows = f->steps * f->batch, chunk = lstm_chunk_rows(rows);
  range input_panels = all_panels(input), hidden_panels = all_panels(hidden);
  float *packed_x = aligned(s->workspace), *packed_h = packed_x + packed_size(input, chunk);
  for (size_t row0 = 0; row0 < rows; row0 += chunk) {
    size_t count = minimum(chunk, rows - row0);
    source_rows x = {.base = f->x, .ld = input, .skipped = row0};
    source_rows h = {.base = f->output, .ld = hidden, .before = f->h0, .before_count = f->batch, .skipped = row0};
    pack(packed_x, x, count, input, share(input_panels.last, worker), f->precision);
    pack(packed_h, h, count, hidden, share(hidden_panels.last, worker), f->precision);
    mynah_worker_wait(worker);  // the operands are there
    for (size_t gate = 0; gate < GATES; gate++) {
      float *d_ih = s->d_weight_ih + (gate * hidden + units.first) * input;
      float *d_hh = s->d_weight_hh + (gate * hidden + units.first) * hidden;
      product d_weights[] = {{d_ih, input, row0 ? d_ih : NULL, input, packed_x, input, input_panels, false, 0},
                             {d_hh, hidden, row0 ? d_hh : NULL, hidden, packed_h, hidden, hidden_panels, false, 0}};
      operand d_gates = columns_of(s->d_gates + row0 * gates + gate * stride + units.first, gates);
      multiply(d_gates, units.count, count, d_weights, 2, f->precision);
    }
    mynah_worker_wait(worker);  // their place is free again
  }
}

static void lstm_input_backward(const mynah_lstm_backward *s, const mynah_worker *worker) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t input = f->input, stride = padded(f->hidden), gates = GATES * stride;
  range panels = all_panels(input), rows = share(f->steps * f->batch, worker);
  float *packed = aligned(s->workspace);
  source_rows weights = {.base = f->weight_ih, .ld = input, .group = f->hidden, .padded_group = stride};
  pack(packed, weights, gates, input, share(panels.last, worker), f->precision);
  mynah_worker_wait(worker);  // W_ih is there
  product d_x = {s->d_x + rows.first * input, input, NULL, 0, packed, input, panels, false, 0};
  multiply(rows_of(s->d_gates + rows.first * gates, gates), rows.last - rows.first, gates, &d_x, 1, f->precision);
}

static void lstm_backward_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_backward *s = context;
  unit_share units = units_of(s->forward.hidden, worker);
  lstm_recurrence_backward(s, units, worker);
  mynah_worker_wait(worker);  // nobody needs W_hh any more
  lstm_weights_backward(s, units, worker);
  if (s->d_x) lstm_input_backward(s, worker);
}

static void lstm_backward(mynah_team *team, const mynah_lstm_backward *pass) {
  mynah_team_run(team, lstm_backward_work, (void *)pass);
}
