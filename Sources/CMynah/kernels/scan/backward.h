// Backpropagation through time (P. Werbos, "Backpropagation through time: what it does and how to do it", 1990): the
// gradients of a layer's blocks, vectors and initial state.

/// Offsets of packed weights and of the arrays of `backward_memory` in the workspace.
typedef struct {
  size_t runs[2], second;  // W_hh's runs that multiply h, and its late run, or W_hr
  size_t d_h, d_c, d_m, d_vectors, end;
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
  l.d_vectors = l.end, l.end += cell->vectors * padded(s->hidden);
  return l;
}

static size_t scan_backward_workspace(const mynah_scan_sizes *s) { return backward_layout_of(s, 0, 0).end + ALIGNMENT; }

/// A worker's view of a pass.
typedef struct {
  const mynah_scan_backward *pass;
  const mynah_cell_traits *cell;
  step_share own;
  recurrent_runs runs;
  form form;
  float *of_h[2], *second;  // its units' part of packed weights, as in `backward_layout`
  backward_memory memory;
} backward_worker;

/// Packs a worker's part of some recurrent blocks [·, width] as B of products with these blocks' gradients.
static void pack_run(float *packed, const backward_worker *w, block_run run, size_t width, unit_share columns,
                     const mynah_worker *worker) {
  const size_t hidden = w->pass->forward.sizes.hidden, padded_hidden = block_width(hidden);
  if (run.count == 0) return;
  const float *base = w->pass->forward.weight_hh + run.first * hidden * width + columns.first;
  source_rows weights = {.base = base, .ld = width, .group = hidden, .padded_group = padded_hidden};
  pack(packed, weights, run.count * padded_hidden, columns.count,
       panels_to_pack(&w->own, columns.count, 1, worker), w->form);
}

/// Packs the weights, sets the gradients of the state to those of the last state, and sets all sums to zero.
static void begin_backward(const backward_worker *w, const mynah_worker *worker) {
  const mynah_scan_backward *s = w->pass;
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const backward_memory *m = &w->memory;
  const size_t hidden = sizes->hidden, output = sizes->output, batch = sizes->batch;
  const unit_share units = w->own.units, outputs = w->own.outputs;
  for (int i = 0; i < 2; i++) pack_run(w->of_h[i], w, w->runs.of_h[i], output, outputs, worker);
  pack_run(w->second, w, w->runs.late, hidden, units, worker);
  if (w->cell->has_projection)
    pack(w->second, plain_rows(s->forward.weight_hr + units.first, hidden), output, units.count,
         panels_to_pack(&w->own, units.count, 1, worker), w->form);
  if (w->cell->has_hidden_state) keep_units(m->d_h, batch, s->d_last_h, w->own.rows, output, outputs);
  if (w->cell->has_cell_state) keep_units(m->d_c, batch, s->d_last_c, w->own.rows, hidden, units);
  for (size_t v = 0; v < w->cell->vectors; v++)
    memset(m->d_vectors + v * padded(hidden) + units.first, 0, units.vectors * LANES * sizeof(float));
  if (w->own.by_rows) mynah_worker_wait(worker);  // the packed weights are complete
}

/// Computes a worker's columns of a kept matrix of B rows from the gradients of some recurrent blocks of step t, or
/// adds to them.
static void multiply_run(float *kept, const backward_worker *w, size_t t, block_run run, unit_share columns,
                         bool adds, const float *packed) {
  const mynah_scan_sizes *sizes = &w->pass->forward.sizes;
  const block_matrix d_blocks = blocks_at(w->pass->d_gates, sizes);
  const size_t batch = sizes->batch, first = w->own.rows.first, k = run.count * block_width(sizes->hidden);
  product p = kept_product(kept, batch, first, columns.first, columns.count, NULL, packed);
  if (!adds) p.start = NULL;
  multiply(block_rows(&d_blocks, t * batch + first, run.kept), row_count(&w->own), k, &p, 1, w->form);
}

/// Computes the gradients of a worker's outputs of step t, including those through later steps.
static void gather_outputs(const backward_worker *w, size_t t) {
  const mynah_scan_backward *s = w->pass;
  const size_t batch = s->forward.sizes.batch, width = s->forward.sizes.output, row0 = t * batch;
  const unit_share outputs = w->own.outputs;
  take_units(s->d_projected + row0 * width, w->memory.d_h, batch, 0, w->own.rows, width, outputs);
  for (size_t b = w->own.rows.first; s->d_output && b < w->own.rows.last; b++) {
    const size_t first = (row0 + b) * width + outputs.first;
    axpy(s->d_projected + first, s->d_output + first, 1, outputs.count);
  }
}

/// Computes the gradients of a worker's intermediate vectors of step t from those of all outputs.
static void project_backward(const backward_worker *w, size_t t) {
  const mynah_scan_sizes *sizes = &w->pass->forward.sizes;
  const unit_share units = w->own.units;
  const size_t batch = sizes->batch, output = sizes->output, first = w->own.rows.first;
  const operand d_projected = rows_of(w->pass->d_projected + (t * batch + first) * output, output);
  product p = kept_product(w->memory.d_m, batch, first, units.first, units.count, NULL, w->second);
  p.start = NULL;
  multiply(d_projected, row_count(&w->own), output, &p, 1, w->form);
}

/// Writes the gradients that are complete after the first step has been processed.
static void finish_backward(const backward_worker *w) {
  const mynah_scan_backward *s = w->pass;
  const backward_memory *m = &w->memory;
  const size_t hidden = s->forward.sizes.hidden, output = s->forward.sizes.output, batch = s->forward.sizes.batch;
  if (w->cell->has_hidden_state) take_units(s->d_h0, m->d_h, batch, 0, w->own.rows, output, w->own.outputs);
  if (w->cell->has_cell_state) take_units(s->d_c0, m->d_c, batch, 0, w->own.rows, hidden, w->own.units);
  for (size_t v = 0; v < w->cell->vectors; v++)
    memcpy(s->d_vectors[v] + w->own.units.first, m->d_vectors + v * padded(hidden) + w->own.units.first,
           w->own.units.count * sizeof(float));
}

static void scan_backward_work(void *context, const mynah_worker *worker) {
  const mynah_scan_backward *s = context;
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const mynah_cell_traits *cell = cell_traits(sizes->cell);
  const backward_steps *steps = &all_backward_steps[sizes->cell];
  const step_share own = share_of_step(sizes, cell, worker, true);
  const backward_layout layout = backward_layout_of(sizes, own.units.first, own.outputs.first);
  float *base = aligned(s->workspace);
  const backward_worker w = {
      .pass = s,
      .cell = cell,
      .own = own,
      .runs = runs_of(cell),
      .form = form_for(s->forward.precision, sizes->batch),
      .of_h = {base + layout.runs[0], base + layout.runs[1]},
      .second = base + layout.second,
      .memory = {base + layout.d_h, base + layout.d_c, base + layout.d_m, base + layout.d_vectors},
  };
  begin_backward(&w, worker);
  for (size_t t = sizes->steps; t-- > 0;) {
    if (cell->has_projection) {
      gather_outputs(&w, t);
      wait_for_units(&own, worker);  // the gradients of step t's outputs are complete
      project_backward(&w, t);
    }
    steps->backward(s, t, &w.memory, &own);
    if (cell->late_blocks) {
      wait_for_units(&own, worker);  // the gradients of the late blocks are complete
      multiply_run(w.memory.d_m, &w, t, w.runs.late, own.units, false, w.second);
      steps->reset(s, t, &w.memory, &own);
    }
    if (cell->recurrent_blocks) wait_for_units(&own, worker);  // the gradients of step t's blocks are complete
    for (int i = 0; i < 2; i++)
      if (w.runs.of_h[i].count)
        multiply_run(w.memory.d_h, &w, t, w.runs.of_h[i], own.outputs, i || cell->blends_hidden, w.of_h[i]);
  }
  finish_backward(&w);
}

static void scan_backward(mynah_team *team, const mynah_scan_backward *pass) {
  mynah_team_run(team, scan_backward_work, (void *)pass);
}
