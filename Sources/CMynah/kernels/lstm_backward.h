// An LSTM layer backward (P. Werbos, "Backpropagation through time", 1990), in two parts, since each needs much memory of its own:
// through time, which makes the gates' gradients, and the products that these are factors of.

// MARK: Through time

static size_t lstm_backward_workspace(size_t batch, size_t hidden) {
  return packed_size(hidden, GATES * gate_width(hidden)) + 2 * kept_size(batch, hidden) + GATES * padded(hidden) + ALIGNMENT;
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
static void lstm_backward_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_backward *s = context;
  const mynah_lstm_forward *f = &s->forward;
  unit_share units = units_of(f->hidden, worker);
  const size_t hidden = f->hidden, batch = f->batch;
  const size_t rows = f->steps * batch, gates = GATES * gate_width(hidden);
  range own = all_panels(units.count);
  float *packed = aligned(s->workspace) + packed_size(units.first, gates);
  float *d_h = aligned(s->workspace) + packed_size(hidden, gates), *d_c = d_h + kept_size(batch, hidden);
  float *d_bias = d_c + kept_size(batch, hidden);
  source_rows recurrent = {.base = f->weight_hh + units.first, .ld = hidden, .group = hidden, .padded_group = gate_width(hidden)};
  form form = form_for(f->precision, batch);
  pack(packed, recurrent, gates, units.count, own, form);
  keep_units(d_h, batch, s->d_last_h, batch, hidden, units);
  keep_units(d_c, batch, s->d_last_c, batch, hidden, units);
  for (size_t gate = 0; gate < GATES; gate++) memset(d_bias + gate * padded(hidden) + units.first, 0, units.vectors * LANES * sizeof(float));
  for (size_t t = f->steps; t-- > 0;) {
    lstm_gates_backward(s, t, d_h, d_c, d_bias, units);
    mynah_worker_wait(worker);  // the gates' gradients of step t are whole
    product back = kept_product(d_h, batch, hidden, 0, units.first, units.count, NULL, packed);
    back.start = NULL;
    multiply(kept_rows(s->d_gates, rows, gates, t * batch), batch, gates, &back, 1, form);
  }
  take_units(s->d_h0, d_h, batch, 0, batch, hidden, units);
  take_units(s->d_c0, d_c, batch, 0, batch, hidden, units);
  for (size_t gate = 0; gate < GATES; gate++)
    memcpy(s->d_bias + gate * hidden + units.first, d_bias + gate * padded(hidden) + units.first, units.count * sizeof(float));
}

static void lstm_backward(mynah_team *team, const mynah_lstm_backward *pass) {
  mynah_team_run(team, lstm_backward_work, (void *)pass);
}

// MARK: Products of the gates' gradients

/// Rows of X and H that are packed at a time for the weights' gradients.
INLINE size_t lstm_chunk_rows(size_t rows) {
  enum { MOST_ROWS_PACKED = 1024 };
  size_t chunks = (rows + MOST_ROWS_PACKED - 1) / MOST_ROWS_PACKED;
  return (rows + chunks - 1) / chunks;
}

/// One place for what is packed, since it is needed one after the other: X and H as B of the weights' gradients, then W_ih as B of
/// dX = dG·W_ih.
static size_t lstm_gradients_workspace(size_t steps, size_t batch, size_t input, size_t hidden) {
  size_t chunk = lstm_chunk_rows(steps * batch);
  size_t factors = packed_size(input, chunk) + packed_size(hidden, chunk), weights = packed_size(input, GATES * gate_width(hidden));
  return (factors > weights ? factors : weights) + ALIGNMENT;
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
    pack(packed_x, x, count, input, share(input_panels.last, worker), (form)f->precision);
    pack(packed_h, h, count, hidden, share(hidden_panels.last, worker), (form)f->precision);
    mynah_worker_wait(worker);  // the operands are there
    for (size_t gate = 0; gate < GATES; gate++) {
      float *d_ih = s->d_weight_ih + (gate * hidden + units.first) * input;
      float *d_hh = s->d_weight_hh + (gate * hidden + units.first) * hidden;
      product d_weights[] = {{d_ih, input, row0 ? d_ih : NULL, input, packed_x, input, input_panels, false, 0},
                             {d_hh, hidden, row0 ? d_hh : NULL, hidden, packed_h, hidden, hidden_panels, false, 0}};
      operand d_gates = kept_columns(s->d_gates, rows, gates, row0, gate * gate_width(hidden) + units.first);
      multiply(d_gates, units.count, count, d_weights, 2, (form)f->precision);
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
  pack(packed, weights, gates, input, share(panels.last, worker), (form)f->precision);
  mynah_worker_wait(worker);  // W_ih is there
  product d_x = {s->d_x + rows.first * input, input, NULL, 0, packed, input, panels, false, 0};
  multiply(kept_rows(s->d_gates, all, gates, rows.first), rows.last - rows.first, gates, &d_x, 1, (form)f->precision);
}

static void lstm_gradients_work(void *context, const mynah_worker *worker) {
  const mynah_lstm_backward *s = context;
  lstm_weights_backward(s, units_of(s->forward.hidden, worker), worker);
  if (s->d_x) lstm_input_backward(s, worker);
}

static void lstm_gradients(mynah_team *team, const mynah_lstm_backward *pass) {
  mynah_team_run(team, lstm_gradients_work, (void *)pass);
}
