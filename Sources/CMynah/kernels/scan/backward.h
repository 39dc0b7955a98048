// Backpropagation through time (P. Werbos, "Backpropagation through time: what it does and how to do it", 1990): the
// gradients of a layer's blocks, biases, vectors and initial state.

/// Offsets of packed weights and of the arrays of `backward_memory` in the workspace.
typedef struct {
  size_t runs[2], second;  // W_hh's runs that multiply h, and its late run, or W_hr
  size_t d_h, d_c, d_m, d_blocks, d_vectors, end;
} backward_layout;

/// The offsets for a worker whose share begins at unit `units` and output `outputs`; only those of packed weights
/// depend on it.
static backward_layout backward_layout_of(const mynah_scan_sizes *s, size_t units, size_t outputs) {
  const mynah_cell_traits *cell = cell_traits(s->cell);
  const recurrent_runs runs = runs_of(cell);
  const size_t width = block_width(s->hidden), second_k = cell->has_projection ? s->output : runs.late.count * width;
  backward_layout l = {.end = 0};
  for (int i = 0; i < 2; i++) {
    l.runs[i] = l.end + packed_size(outputs, runs.of_h[i].count * width);
    l.end += packed_size(s->output, runs.of_h[i].count * width);
  }
  l.second = l.end + packed_size(units, second_k), l.end += packed_size(s->hidden, second_k);
  l.d_h = l.end, l.end += cell->has_hidden_state ? kept_size(s->batch, s->output) : 0;
  l.d_c = l.end, l.end += cell->has_cell_state ? kept_size(s->batch, s->hidden) : 0;
  l.d_m = l.end, l.end += second_k ? kept_size(s->batch, s->hidden) : 0;
  l.d_blocks = l.end, l.end += summed_blocks(cell) * padded(s->hidden);
  l.d_vectors = l.end, l.end += cell->vectors * padded(s->hidden);
  return l;
}

static size_t scan_backward_workspace(const mynah_scan_sizes *s) { return backward_layout_of(s, 0, 0).end + ALIGNMENT; }

/// A worker's view of a pass.
typedef struct {
  const mynah_scan_backward *pass;
  const mynah_cell_traits *cell;
  unit_share units, outputs;
  recurrent_runs runs;
  form form;
  float *of_h[2], *second;  // its own share of packed weights, as in `backward_layout`
  backward_memory memory;
} backward_worker;

/// Packs a worker's columns of some recurrent blocks [·, width] as B of products with these blocks' gradients.
static void pack_run(float *packed, const backward_worker *w, block_run run, size_t width, unit_share columns) {
  const size_t hidden = w->pass->forward.sizes.hidden, padded_hidden = block_width(hidden);
  if (run.count == 0) return;
  const float *base = w->pass->forward.weight_hh + run.first * hidden * width + columns.first;
  source_rows weights = {.base = base, .ld = width, .group = hidden, .padded_group = padded_hidden};
  pack(packed, weights, run.count * padded_hidden, columns.count, all_panels(columns.count), w->form);
}

/// Packs the weights, and sets the gradients of the state to those of the last one and all sums to zero.
static void begin_backward(const backward_worker *w) {
  const mynah_scan_backward *s = w->pass;
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const backward_memory *m = &w->memory;
  const size_t hidden = sizes->hidden, output = sizes->output, batch = sizes->batch;
  for (int i = 0; i < 2; i++) pack_run(w->of_h[i], w, w->runs.of_h[i], output, w->outputs);
  pack_run(w->second, w, w->runs.late, hidden, w->units);
  if (w->cell->has_projection)
    pack(w->second, plain_rows(s->forward.weight_hr + w->units.first, hidden), output, w->units.count,
         all_panels(w->units.count), w->form);
  if (w->cell->has_hidden_state) keep_units(m->d_h, batch, s->d_last_h, batch, output, w->outputs);
  if (w->cell->has_cell_state) keep_units(m->d_c, batch, s->d_last_c, batch, hidden, w->units);
  for (size_t i = 0; i < summed_blocks(w->cell); i++)
    memset(m->d_blocks + i * padded(hidden) + w->units.first, 0, w->units.vectors * LANES * sizeof(float));
  for (size_t v = 0; v < w->cell->vectors; v++)
    memset(m->d_vectors + v * padded(hidden) + w->units.first, 0, w->units.vectors * LANES * sizeof(float));
}

/// Computes a worker's columns of a kept matrix of B rows from the gradients of some recurrent blocks of step t, or
/// adds to them.
static void multiply_run(float *kept, const backward_worker *w, size_t t, block_run run, unit_share columns,
                         bool adds, const float *packed) {
  const mynah_scan_sizes *sizes = &w->pass->forward.sizes;
  const block_matrix d_blocks = blocks_at(w->pass->d_gates, sizes);
  const size_t batch = sizes->batch, k = run.count * block_width(sizes->hidden);
  product p = kept_product(kept, batch, 0, columns.first, columns.count, NULL, packed);
  if (!adds) p.start = NULL;
  multiply(block_rows(&d_blocks, t * batch, run.kept), batch, k, &p, 1, w->form);
}

/// Computes the gradients of a worker's outputs of step t, through later steps too.
static void gather_outputs(const backward_worker *w, size_t t) {
  const mynah_scan_backward *s = w->pass;
  const size_t batch = s->forward.sizes.batch, width = s->forward.sizes.output, row0 = t * batch;
  take_units(s->d_projected + row0 * width, w->memory.d_h, batch, 0, batch, width, w->outputs);
  for (size_t b = 0; s->d_output && b < batch; b++) {
    const size_t first = (row0 + b) * width + w->outputs.first;
    axpy(s->d_projected + first, s->d_output + first, 1, w->outputs.count);
  }
}

/// Computes the gradients of a worker's intermediate vectors of step t from those of all outputs.
static void project_backward(const backward_worker *w, size_t t) {
  const mynah_scan_sizes *sizes = &w->pass->forward.sizes;
  const size_t batch = sizes->batch, output = sizes->output;
  const operand d_projected = rows_of(w->pass->d_projected + t * batch * output, output);
  product p = kept_product(w->memory.d_m, batch, 0, w->units.first, w->units.count, NULL, w->second);
  p.start = NULL;
  multiply(d_projected, batch, output, &p, 1, w->form);
}

/// Writes the gradients that are complete at the first step.
static void finish_backward(const backward_worker *w) {
  const mynah_scan_backward *s = w->pass;
  const backward_memory *m = &w->memory;
  const size_t hidden = s->forward.sizes.hidden, output = s->forward.sizes.output, batch = s->forward.sizes.batch;
  const size_t first = w->units.first, stride = padded(hidden), bytes = w->units.count * sizeof(float);
  if (w->cell->has_hidden_state) take_units(s->d_h0, m->d_h, batch, 0, batch, output, w->outputs);
  if (w->cell->has_cell_state) take_units(s->d_c0, m->d_c, batch, 0, batch, hidden, w->units);
  for (size_t block = 0; block < w->cell->input_blocks; block++)
    memcpy(s->d_bias_ih + block * hidden + first, m->d_blocks + block * stride + first, bytes);
  for (size_t r = 0; s->d_bias_hh && r < w->cell->recurrent_blocks; r++)
    memcpy(s->d_bias_hh + r * hidden + first, m->d_blocks + recurrent_block(w->cell, r) * stride + first, bytes);
  for (size_t v = 0; v < w->cell->vectors; v++)
    memcpy(s->d_vectors[v] + first, m->d_vectors + v * stride + first, bytes);
}

static void scan_backward_work(void *context, const mynah_worker *worker) {
  const mynah_scan_backward *s = context;
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const mynah_cell_traits *cell = cell_traits(sizes->cell);
  const backward_steps *steps = &all_backward_steps[sizes->cell];
  const unit_share units = units_of(sizes->hidden, worker), outputs = units_of(sizes->output, worker);
  const backward_layout own = backward_layout_of(sizes, units.first, outputs.first);
  float *base = aligned(s->workspace);
  const backward_worker w = {
      .pass = s,
      .cell = cell,
      .units = units,
      .outputs = outputs,
      .runs = runs_of(cell),
      .form = form_for(s->forward.precision, sizes->batch),
      .of_h = {base + own.runs[0], base + own.runs[1]},
      .second = base + own.second,
      .memory = {base + own.d_h, base + own.d_c, base + own.d_m, base + own.d_blocks, base + own.d_vectors},
  };
  begin_backward(&w);
  for (size_t t = sizes->steps; t-- > 0;) {
    if (cell->has_projection) {
      gather_outputs(&w, t);
      mynah_worker_wait(worker);  // the gradients of step t's outputs are complete
      project_backward(&w, t);
    }
    steps->backward(s, t, &w.memory, units);
    if (cell->late_blocks) {
      mynah_worker_wait(worker);  // the gradients of the late blocks are complete
      multiply_run(w.memory.d_m, &w, t, w.runs.late, units, false, w.second);
      steps->reset(s, t, &w.memory, units);
    }
    if (cell->recurrent_blocks) mynah_worker_wait(worker);  // the gradients of step t's blocks are complete
    for (int i = 0; i < 2; i++)
      if (w.runs.of_h[i].count)
        multiply_run(w.memory.d_h, &w, t, w.runs.of_h[i], outputs, i || cell->blends_hidden, w.of_h[i]);
  }
  finish_backward(&w);
}

static void scan_backward(mynah_team *team, const mynah_scan_backward *pass) {
  mynah_team_run(team, scan_backward_work, (void *)pass);
}
