// One LSTM layer over a sequence, forward and backward (S. Hochreiter, J. Schmidhuber 1997; forget gate: F. Gers et al. 2000).
//
//   i, f, o = σ(W_ih x_t + W_hh h_{t-1} + b)   g = tanh(…)   c_t = f ⊙ c_{t-1} + i ⊙ g   h_t = o ⊙ tanh c_t
//
// The input projection of the whole sequence is one product; W_hh is packed once. Each worker owns some hidden units: their
// columns of every gate, so it projects, recurs and applies the gates to its own, and all meet once a step, when h_t is whole.

enum { GATES = 4 };  // i, f, g, o

/// A worker's hidden units, cut where the columns of kept matrices are.
typedef struct {
  size_t first, count;  // units
  size_t vectors;       // with those units
  size_t kept_vectors;  // and without any, up to where the next gate's columns begin
} unit_share;

INLINE unit_share units_of(size_t hidden, const mynah_worker *worker) {
  range groups = share((hidden + KEPT_WIDTH - 1) / KEPT_WIDTH, worker);
  size_t first = groups.first * KEPT_WIDTH, last = minimum(hidden, groups.last * KEPT_WIDTH);
  size_t count = last > first ? last - first : 0;
  return (unit_share){first, count, vectors_of(count), (groups.last - groups.first) * (KEPT_WIDTH / LANES)};
}

/// The gates are a kept matrix [T·B, 4·gate_width].
INLINE size_t gate_width(size_t hidden) { return (hidden + KEPT_WIDTH - 1) / KEPT_WIDTH * KEPT_WIDTH; }
INLINE float *gate_vector(float *gates, size_t rows, size_t hidden, size_t row, size_t gate, size_t unit) {
  return kept_vector(gates, rows, GATES * gate_width(hidden), row, (gate * gate_width(hidden) + unit) / LANES);
}
static size_t lstm_gates_size(size_t rows, size_t hidden) { return kept_size(rows, GATES * gate_width(hidden)); }

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
  const size_t hidden = s->hidden, stride = padded(hidden), rows = s->steps * s->batch;
  for (size_t b = 0; b < s->batch; b++) {
    const size_t row = t * s->batch + b;
    const float *before = s->cells + row * stride + units.first;
    float *after = s->cells + (row + s->batch) * stride + units.first, *h = s->output + row * hidden + units.first;
    for (size_t j = 0; j < units.vectors * LANES; j += LANES) {
      float *gates[GATES];
      for (size_t gate = 0; gate < GATES; gate++) gates[gate] = gate_vector(s->gates, rows, hidden, row, gate, units.first + j);
      vfloat i = vsigmoid(load(gates[0])), f = vsigmoid(load(gates[1])), g = vtanh(load(gates[2])), o = vsigmoid(load(gates[3]));
      vfloat c = fma_(f, load(before + j), i * g);
      store(gates[0], i);
      store(gates[1], f);
      store(gates[2], g);
      store(gates[3], o);
      store(after + j, c);
      store_first(h + j, o * vtanh(c), minimum(LANES, units.count - j));
    }
  }
}

static void lstm_forward_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_forward *s = context;
  const size_t hidden = s->hidden, rows = s->steps * s->batch, columns = GATES * gate_width(hidden);
  unit_share units = units_of(hidden, worker);
  range own = all_panels(units.count);
  size_t width = units.vectors * LANES;
  // Own share of the workspace: packed W_ih, packed W_hh, padded bias; of each gate.
  float *packed_ih = aligned(s->workspace) + GATES * packed_size(units.first, s->input);
  float *packed_hh = aligned(s->workspace) + GATES * (packed_size(hidden, s->input) + packed_size(units.first, hidden));
  float *bias = aligned(s->workspace) + GATES * (packed_size(hidden, s->input) + packed_size(hidden, hidden) + units.first);
  product products[GATES];
  for (size_t gate = 0; gate < GATES; gate++) {
    size_t row = gate * hidden + units.first;
    float *ih = packed_ih + gate * packed_size(units.count, s->input), *hh = packed_hh + gate * packed_size(units.count, hidden);
    pack_transposed(ih, s->weight_ih + row * s->input, s->input, s->input, units.count, own, s->precision);
    pack_transposed(hh, s->weight_hh + row * hidden, hidden, hidden, units.count, own, s->precision);
    memset(bias + gate * width, 0, width * sizeof(float));
    memcpy(bias + gate * width, s->bias + row, units.count * sizeof(float));
    products[gate] = kept_product(s->gates, rows, columns, 0, gate * gate_width(hidden) + units.first, units.count,
                                  bias + gate * width, ih);
  }
  if (worker->thread == 0) copy_padded(s->cells, s->c0, s->batch, hidden);
  multiply(rows_of(s->x, s->input), rows, s->input, products, GATES, s->precision);
  for (size_t t = 0; t < s->steps; t++) {
    mynah_worker_wait(worker);  // h_{t-1} is whole
    for (size_t gate = 0; gate < GATES; gate++)
      products[gate] = kept_product(s->gates, rows, columns, t * s->batch, gate * gate_width(hidden) + units.first, units.count,
                                    NULL, packed_hh + gate * packed_size(units.count, hidden));
    const float *h = t ? s->output + (t - 1) * s->batch * hidden : s->h0;
    multiply(rows_of(h, hidden), s->batch, hidden, products, GATES, s->precision);
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
  size_t chunk = lstm_chunk_rows(steps * batch), gates = GATES * gate_width(hidden);
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
  const size_t hidden = f->hidden, stride = padded(hidden), rows = f->steps * f->batch;
  for (size_t b = 0; b < f->batch; b++) {
    const size_t row = t * f->batch + b;
    const float *before = f->cells + row * stride + units.first, *after = before + f->batch * stride;
    const float *d_output = s->d_output ? s->d_output + row * hidden + units.first : NULL;
    const float *d_h_row = d_h_rows + b * stride + units.first;
    float *d_c_row = d_c_rows + b * stride + units.first;
    for (size_t j = 0; j < units.vectors * LANES; j += LANES) {
      vfloat gates[GATES];
      for (size_t gate = 0; gate < GATES; gate++)
        gates[gate] = load(gate_vector(f->gates, rows, hidden, row, gate, units.first + j));
      vfloat i = gates[0], forget = gates[1], g = gates[2], o = gates[3], tanh_c = vtanh(load(after + j));
      vfloat d_h = load(d_h_row + j);
      if (d_output) d_h += load_first(d_output + j, minimum(LANES, units.count - j));
      vfloat d_c = load(d_c_row + j) + d_h * o * (1.0f - tanh_c * tanh_c);
      vfloat d_gates[GATES] = {d_c * g * i * (1.0f - i), d_c * load(before + j) * forget * (1.0f - forget), d_c * i * (1.0f - g * g),
                               d_h * tanh_c * o * (1.0f - o)};
      for (size_t gate = 0; gate < GATES; gate++) {
        float *sums = d_bias + gate * stride + units.first + j;
        store(gate_vector(s->d_gates, rows, hidden, row, gate, units.first + j), d_gates[gate]);
        store(sums, load(sums) + d_gates[gate]);
      }
      store(d_c_row + j, d_c * forget);
    }
    for (size_t v = units.vectors; v < units.kept_vectors; v++)
      for (size_t gate = 0; gate < GATES; gate++)
        store(gate_vector(s->d_gates, rows, hidden, row, gate, units.first + v * LANES), splat(0));
  }
}

/// dh and dc of all steps, from the last to the first: the gradients of the gates, the bias, h0 and c0.
static void lstm_recurrence_backward(const mynah_lstm_backward *s, unit_share units, const mynah_worker *worker) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t hidden = f->hidden, batch = f->batch, stride = padded(hidden);
  const size_t rows = f->steps * batch, gates = GATES * gate_width(hidden);
  range own = all_panels(units.count);
  float *packed = aligned(s->workspace) + packed_size(units.first, gates);
  float *d_h = aligned(s->workspace) + lstm_packed_size(f->steps, batch, f->input, hidden), *d_c = d_h + batch * stride;
  float *d_bias = d_c + batch * stride;
  source_rows recurrent = {.base = f->weight_hh + units.first, .ld = hidden, .group = hidden, .padded_group = gate_width(hidden)};
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
    multiply(kept_rows(s->d_gates, rows, gates, t * batch), batch, gates, &back, 1, f->precision);
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
  const size_t hidden = f->hidden, input = f->input, gates = GATES * gate_width(hidden);
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
      operand d_gates = kept_columns(s->d_gates, rows, gates, row0, gate * gate_width(hidden) + units.first);
      multiply(d_gates, units.count, count, d_weights, 2, f->precision);
    }
    mynah_worker_wait(worker);  // their place is free again
  }
}

static void lstm_input_backward(const mynah_lstm_backward *s, const mynah_worker *worker) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t input = f->input, all = f->steps * f->batch, gates = GATES * gate_width(f->hidden);
  range panels = all_panels(input), rows = share(all, worker);
  float *packed = aligned(s->workspace);
  source_rows weights = {.base = f->weight_ih, .ld = input, .group = f->hidden, .padded_group = gate_width(f->hidden)};
  pack(packed, weights, gates, input, share(panels.last, worker), f->precision);
  mynah_worker_wait(worker);  // W_ih is there
  product d_x = {s->d_x + rows.first * input, input, NULL, 0, packed, input, panels, false, 0};
  multiply(kept_rows(s->d_gates, all, gates, rows.first), rows.last - rows.first, gates, &d_x, 1, f->precision);
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
