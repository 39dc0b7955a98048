// One LSTM layer over a sequence, forward and backward (S. Hochreiter, J. Schmidhuber 1997; forget gate: F. Gers et al. 2000).
//
//   i, f, o = σ(W_ih x_t + W_hh h_{t-1} + b)   g = tanh(…)   c_t = f ⊙ c_{t-1} + i ⊙ g   h_t = o ⊙ tanh c_t
//
// The input projection of the whole sequence is one product; W_hh is packed once. Each worker owns some hidden units: their
// columns of every gate, so it projects, recurs and applies the gates to its own, and all meet once a step, when h_t is whole.

enum { GATES = 4 };  // i, f, g, o
// Rows of x that are projected at a time: many enough to use W_ih well, few enough for the gates to be near when h joins them.
enum { PROJECTED_ROWS = 128 };

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

/// The cells are a kept matrix [(T+1)·B, H]: block 0 is the state before the sequence.
static size_t lstm_cells_size(size_t steps, size_t batch, size_t hidden) { return kept_size((steps + 1) * batch, hidden); }

/// Some units of [rows, H], or zeros for NULL, as rows of a kept matrix of `all` rows, and the other way round.
INLINE void keep_units(float *kept, size_t all, const float *from, size_t rows, size_t hidden, unit_share units) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < units.count; j += LANES) {
      vfloat v = from ? load_first(from + r * hidden + units.first + j, minimum(LANES, units.count - j)) : splat(0);
      store(kept_vector(kept, all, hidden, r, (units.first + j) / LANES), v);
    }
}
INLINE void take_units(float *to, float *kept, size_t all, size_t row0, size_t rows, size_t hidden, unit_share units) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < units.count; j += LANES)
      store_first(to + r * hidden + units.first + j,
                  load(kept_vector(kept, all, hidden, row0 + r, (units.first + j) / LANES)), minimum(LANES, units.count - j));
}

static void lstm_gates_forward(const mynah_lstm_forward *s, size_t t, unit_share units) {
  const size_t hidden = s->hidden, batch = s->batch, rows = s->steps * batch, width = units.vectors * LANES;
  // In the order that kept matrices stand in.
  for (size_t first = 0, next; first < width; first = next) {
    next = minimum(width, first + KEPT_TOGETHER);
    for (size_t row = t * batch; row < (t + 1) * batch; row++)
      for (size_t j = first; j < next; j += LANES) {
        const size_t vector = (units.first + j) / LANES;
        float *gates[GATES];
        for (size_t gate = 0; gate < GATES; gate++) gates[gate] = gate_vector(s->gates, rows, hidden, row, gate, units.first + j);
        vfloat i = vsigmoid(load(gates[0])), f = vsigmoid(load(gates[1])), g = vtanh(load(gates[2])), o = vsigmoid(load(gates[3]));
        vfloat c = fma_(f, load(kept_vector(s->cells, rows + batch, hidden, row, vector)), i * g);
        store(gates[0], i);
        store(gates[1], f);
        store(gates[2], g);
        store(gates[3], o);
        store(kept_vector(s->cells, rows + batch, hidden, row + batch, vector), c);
        store_first(s->output + row * hidden + units.first + j, o * vtanh(c), minimum(LANES, units.count - j));
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
  for (size_t gate = 0; gate < GATES; gate++) {
    size_t row = gate * hidden + units.first;
    pack_transposed(packed_ih + gate * packed_size(units.count, s->input), s->weight_ih + row * s->input, s->input, s->input,
                    units.count, own, s->precision);
    pack_transposed(packed_hh + gate * packed_size(units.count, hidden), s->weight_hh + row * hidden, hidden, hidden, units.count,
                    own, s->precision);
    memset(bias + gate * width, 0, width * sizeof(float));
    memcpy(bias + gate * width, s->bias + row, units.count * sizeof(float));
  }
  keep_units(s->cells, rows + s->batch, s->c0, s->batch, hidden, units);
  // The gates of the rows from `row0` on as a product's C: of W_ih, whose sums begin with the bias, or of W_hh, which adds to them.
#define GATE_PRODUCTS(row0, bias, packed, k)                                                                                  \
  for (size_t gate = 0; gate < GATES; gate++)                                                                                 \
    products[gate] = kept_product(s->gates, rows, columns, row0, gate * gate_width(hidden) + units.first, units.count, bias,  \
                                  packed + gate * packed_size(units.count, k));
  product products[GATES];
  const size_t ahead = (PROJECTED_ROWS + s->batch - 1) / s->batch;
  for (size_t t = 0; t < s->steps; t++) {
    if (t % ahead == 0) {
      GATE_PRODUCTS(t * s->batch, bias + gate * width, packed_ih, s->input)
      multiply(rows_of(s->x + t * s->batch * s->input, s->input), minimum(ahead, s->steps - t) * s->batch, s->input, products, GATES,
               s->precision);
    }
    mynah_worker_wait(worker);  // h_{t-1} is whole
    GATE_PRODUCTS(t * s->batch, NULL, packed_hh, hidden)
    const float *h = t ? s->output + (t - 1) * s->batch * hidden : s->h0;
    multiply(rows_of(h, hidden), s->batch, hidden, products, GATES, s->precision);
    lstm_gates_forward(s, t, units);
  }
#undef GATE_PRODUCTS
  take_units(s->last_c, s->cells, rows + s->batch, rows, s->batch, hidden, units);
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
  return lstm_packed_size(steps, batch, input, hidden) + 2 * kept_size(batch, hidden) + GATES * padded(hidden) + ALIGNMENT;
}

/// The gates' gradients of step t, added to the bias's; dc becomes the gradient of c_{t-1}. dh and dc: kept [B, H].
static void lstm_gates_backward(const mynah_lstm_backward *s, size_t t, float *d_hs, float *d_cs, float *d_bias, unit_share units) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t hidden = f->hidden, batch = f->batch, rows = f->steps * batch, width = units.kept_vectors * LANES;
  for (size_t first = 0, next; first < width; first = next) {
    next = minimum(width, first + KEPT_TOGETHER);
    for (size_t b = 0; b < batch; b++)
      for (size_t j = first; j < next; j += LANES) {
        const size_t row = t * batch + b, unit = units.first + j;
        vfloat gates[GATES], d_gates[GATES] = {{0}, {0}, {0}, {0}};
        if (j < units.count) {
          for (size_t gate = 0; gate < GATES; gate++) gates[gate] = load(gate_vector(f->gates, rows, hidden, row, gate, unit));
          vfloat i = gates[0], forget = gates[1], g = gates[2], o = gates[3];
          vfloat before = load(kept_vector(f->cells, rows + batch, hidden, row, unit / LANES));
          vfloat tanh_c = vtanh(load(kept_vector(f->cells, rows + batch, hidden, row + batch, unit / LANES)));
          float *d_c_before = kept_vector(d_cs, batch, hidden, b, unit / LANES);
          vfloat d_h = load(kept_vector(d_hs, batch, hidden, b, unit / LANES));
          if (s->d_output) d_h += load_first(s->d_output + row * hidden + unit, minimum(LANES, units.count - j));
          vfloat d_c = load(d_c_before) + d_h * o * (1.0f - tanh_c * tanh_c);
          d_gates[0] = d_c * g * i * (1.0f - i);
          d_gates[1] = d_c * before * forget * (1.0f - forget);
          d_gates[2] = d_c * i * (1.0f - g * g);
          d_gates[3] = d_h * tanh_c * o * (1.0f - o);
          store(d_c_before, d_c * forget);
          for (size_t gate = 0; gate < GATES; gate++) {
            float *sums = d_bias + gate * padded(hidden) + unit;
            store(sums, load(sums) + d_gates[gate]);
          }
        }
        for (size_t gate = 0; gate < GATES; gate++) store(gate_vector(s->d_gates, rows, hidden, row, gate, unit), d_gates[gate]);
      }
  }
}

/// dh and dc of all steps, from the last to the first: the gradients of the gates, the bias, h0 and c0.
static void lstm_recurrence_backward(const mynah_lstm_backward *s, unit_share units, const mynah_worker *worker) {
  const mynah_lstm_forward *f = &s->forward;
  const size_t hidden = f->hidden, batch = f->batch;
  const size_t rows = f->steps * batch, gates = GATES * gate_width(hidden);
  range own = all_panels(units.count);
  float *packed = aligned(s->workspace) + packed_size(units.first, gates);
  float *d_h = aligned(s->workspace) + lstm_packed_size(f->steps, batch, f->input, hidden), *d_c = d_h + kept_size(batch, hidden);
  float *d_bias = d_c + kept_size(batch, hidden);
  source_rows recurrent = {.base = f->weight_hh + units.first, .ld = hidden, .group = hidden, .padded_group = gate_width(hidden)};
  pack(packed, recurrent, gates, units.count, own, f->precision);
  keep_units(d_h, batch, s->d_last_h, batch, hidden, units);
  keep_units(d_c, batch, s->d_last_c, batch, hidden, units);
  for (size_t gate = 0; gate < GATES; gate++) memset(d_bias + gate * padded(hidden) + units.first, 0, units.vectors * LANES * sizeof(float));
  for (size_t t = f->steps; t-- > 0;) {
    lstm_gates_backward(s, t, d_h, d_c, d_bias, units);
    mynah_worker_wait(worker);  // the gates' gradients of step t are whole
    product back = kept_product(d_h, batch, hidden, 0, units.first, units.count, NULL, packed);
    back.start = NULL;
    multiply(kept_rows(s->d_gates, rows, gates, t * batch), batch, gates, &back, 1, f->precision);
  }
  take_units(s->d_h0, d_h, batch, 0, batch, hidden, units);
  take_units(s->d_c0, d_c, batch, 0, batch, hidden, units);
  for (size_t gate = 0; gate < GATES; gate++)
    memcpy(s->d_bias + gate * hidden + units.first, d_bias + gate * padded(hidden) + units.first, units.count * sizeof(float));
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
