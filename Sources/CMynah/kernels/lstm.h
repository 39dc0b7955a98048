// One LSTM layer over a sequence, forward (S. Hochreiter, J. Schmidhuber 1997; forget gate: F. Gers et al. 2000).
//
//   i, f, o = σ(W_ih x_t + W_hh h_{t-1} + b)   g = tanh(…)   c_t = f ⊙ c_{t-1} + i ⊙ g   h_t = o ⊙ tanh c_t
//
// x is projected some steps ahead of h; the weights are packed once. Each worker owns some hidden units: their
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

/// The gates of own units from step t on as C of four products: of W_ih, whose sums begin with the bias, or of W_hh, which adds.
INLINE void gate_products(product products[GATES], const mynah_lstm_forward *s, unit_share units, size_t t, const float *bias,
                          const float *packed, size_t k) {
  const size_t hidden = s->hidden, width = gate_width(hidden);
  for (size_t gate = 0; gate < GATES; gate++)
    products[gate] = kept_product(s->gates, s->steps * s->batch, GATES * width, t * s->batch, gate * width + units.first, units.count,
                                  bias ? bias + gate * units.vectors * LANES : NULL, packed + gate * packed_size(units.count, k));
}

static void lstm_forward_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_forward *s = context;
  const size_t hidden = s->hidden, rows = s->steps * s->batch;
  unit_share units = units_of(hidden, worker);
  range own = all_panels(units.count);
  size_t width = units.vectors * LANES;
  // Own share of the workspace: packed W_ih, packed W_hh, padded bias; of each gate.
  float *packed_ih = aligned(s->workspace) + GATES * packed_size(units.first, s->input);
  float *packed_hh = aligned(s->workspace) + GATES * (packed_size(hidden, s->input) + packed_size(units.first, hidden));
  float *bias = aligned(s->workspace) + GATES * (packed_size(hidden, s->input) + packed_size(hidden, hidden) + units.first);
  const size_t ahead = minimum(s->steps, (PROJECTED_ROWS + s->batch - 1) / s->batch);
  // W_ih's form must not depend on how a text is cut into sequences.
  const form input_form = (form)s->precision, recurrent_form = form_for(s->precision, s->batch);
  for (size_t gate = 0; gate < GATES; gate++) {
    size_t row = gate * hidden + units.first;
    pack_transposed(packed_ih + gate * packed_size(units.count, s->input), s->weight_ih + row * s->input, s->input, s->input,
                    units.count, own, input_form);
    pack_transposed(packed_hh + gate * packed_size(units.count, hidden), s->weight_hh + row * hidden, hidden, hidden, units.count,
                    own, recurrent_form);
    memset(bias + gate * width, 0, width * sizeof(float));
    memcpy(bias + gate * width, s->bias + row, units.count * sizeof(float));
  }
  keep_units(s->cells, rows + s->batch, s->c0, s->batch, hidden, units);
  product products[GATES];
  for (size_t t = 0; t < s->steps; t++) {
    if (t % ahead == 0) {
      gate_products(products, s, units, t, bias, packed_ih, s->input);
      multiply(rows_of(s->x + t * s->batch * s->input, s->input), minimum(ahead, s->steps - t) * s->batch, s->input, products, GATES,
               input_form);
    }
    mynah_worker_wait(worker);  // h_{t-1} is whole
    gate_products(products, s, units, t, NULL, packed_hh, hidden);
    const float *h = t ? s->output + (t - 1) * s->batch * hidden : s->h0;
    multiply(rows_of(h, hidden), s->batch, hidden, products, GATES, recurrent_form);
    lstm_gates_forward(s, t, units);
  }
  take_units(s->last_c, s->cells, rows + s->batch, rows, s->batch, hidden, units);
}

static void lstm_forward(mynah_team *team, const mynah_lstm_forward *pass) {
  mynah_team_run(team, lstm_forward_work, (void *)pass);
}
