// A recurrent layer backward through time (P. Werbos, "Backpropagation through time: what it does and how to do it", 1990): the
// gradients of the blocks, the biases, the vectors and the initial state.

/// Where things are in the workspace: packed weights, and the arrays of `backward_memory`.
typedef struct {
  size_t runs[2], second;  // W_hh's runs that multiply h; its late run, or W_hr
  size_t d_h, d_c, d_m, d_blocks, d_vectors, end;
} backward_layout;

/// The places of packed weights of the outputs and units that follow the first `outputs` and `units`; nothing else depends on
/// these.
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

/// Packs a worker's columns of some recurrent blocks [·, width], as B of products with these blocks' gradients.
static void pack_run(float *packed, const mynah_scan_forward *f, block_run run, size_t width, unit_share columns, form form) {
  const size_t hidden = f->sizes.hidden;
  if (run.count == 0) return;
  source_rows weights = {.base = f->weight_hh + run.first * hidden * width + columns.first, .ld = width, .group = hidden,
                         .padded_group = block_width(hidden)};
  pack(packed, weights, run.count * block_width(hidden), columns.count, all_panels(columns.count), form);
}

/// A worker's columns of a kept [B, width] from the gradients of some recurrent blocks of step t, added to what is there or not.
static void multiply_run(float *kept, size_t width, const mynah_scan_backward *s, size_t t, block_run run, unit_share columns,
                         bool adds, const float *packed, form form) {
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const block_matrix d_blocks = blocks_at(s->d_gates, sizes, cell_traits(sizes->cell));
  product p = kept_product(kept, sizes->batch, width, 0, columns.first, columns.count, NULL, packed);
  if (!adds) p.start = NULL;
  multiply(block_rows(&d_blocks, t * sizes->batch, run.kept), sizes->batch, run.count * block_width(sizes->hidden), &p, 1, form);
}

/// The gradients of a worker's outputs of step t, those through later steps included.
static void gather_outputs(const mynah_scan_backward *s, size_t t, float *d_h, unit_share outputs) {
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const size_t batch = sizes->batch, width = sizes->output, row0 = t * batch;
  take_units(s->d_projected + row0 * width, d_h, batch, 0, batch, width, outputs);
  for (size_t b = 0; s->d_output && b < batch; b++)
    axpy(s->d_projected + (row0 + b) * width + outputs.first, s->d_output + (row0 + b) * width + outputs.first, 1, outputs.count);
}

static void scan_backward_work(void *context, const mynah_worker *worker) {
  const mynah_scan_backward *s = context;
  const mynah_scan_forward *f = &s->forward;
  const mynah_scan_sizes *sizes = &f->sizes;
  const mynah_cell_traits *cell = cell_traits(sizes->cell);
  const backward_steps *steps = &all_backward_steps[sizes->cell];
  const size_t hidden = sizes->hidden, output = sizes->output, batch = sizes->batch, sums = summed_blocks(cell);
  const unit_share units = units_of(hidden, worker), outputs = units_of(output, worker);
  const recurrent_runs runs = runs_of(cell);
  const backward_layout own = backward_layout_of(sizes, units.first, outputs.first);
  const form form = form_for(f->precision, batch);
  float *base = aligned(s->workspace);
  const backward_memory m = {base + own.d_h, base + own.d_c, base + own.d_m, base + own.d_blocks, base + own.d_vectors};
  for (int i = 0; i < 2; i++) pack_run(base + own.runs[i], f, runs.of_h[i], output, outputs, form);
  pack_run(base + own.second, f, runs.late, hidden, units, form);
  if (cell->has_projection)
    pack(base + own.second, plain_rows(f->weight_hr + units.first, hidden), output, units.count, all_panels(units.count), form);
  if (cell->has_hidden_state) keep_units(m.d_h, batch, s->d_last_h, batch, output, outputs);
  if (cell->has_cell_state) keep_units(m.d_c, batch, s->d_last_c, batch, hidden, units);
  for (size_t i = 0; i < sums + cell->vectors; i++)
    memset(m.d_blocks + i * padded(hidden) + units.first, 0, units.vectors * LANES * sizeof(float));
  for (size_t t = sizes->steps; t-- > 0;) {
    if (cell->has_projection) {
      gather_outputs(s, t, m.d_h, outputs);
      mynah_worker_wait(worker);  // the gradients of step t's outputs are complete
      product d_m = kept_product(m.d_m, batch, hidden, 0, units.first, units.count, NULL, base + own.second);
      d_m.start = NULL;
      multiply(rows_of(s->d_projected + t * batch * output, output), batch, output, &d_m, 1, form);
    }
    steps->backward(s, t, &m, units);
    if (cell->late_blocks) {
      mynah_worker_wait(worker);  // the gradients of the late blocks are complete
      multiply_run(m.d_m, hidden, s, t, runs.late, units, false, base + own.second, form);
      steps->reset(s, t, &m, units);
    }
    if (!cell->recurrent_blocks) continue;
    mynah_worker_wait(worker);  // the gradients of step t's blocks are complete
    for (int i = 0; i < 2; i++)
      if (runs.of_h[i].count)
        multiply_run(m.d_h, output, s, t, runs.of_h[i], outputs, i || cell->blends_hidden, base + own.runs[i], form);
  }
  if (cell->has_hidden_state) take_units(s->d_h0, m.d_h, batch, 0, batch, output, outputs);
  if (cell->has_cell_state) take_units(s->d_c0, m.d_c, batch, 0, batch, hidden, units);
  for (size_t block = 0; block < cell->input_blocks; block++)
    memcpy(s->d_bias_ih + block * hidden + units.first, m.d_blocks + block * padded(hidden) + units.first,
           units.count * sizeof(float));
  for (size_t r = 0; s->d_bias_hh && r < cell->recurrent_blocks; r++)
    memcpy(s->d_bias_hh + r * hidden + units.first, m.d_blocks + recurrent_block(cell, r) * padded(hidden) + units.first,
           units.count * sizeof(float));
  for (size_t v = 0; v < cell->vectors; v++)
    memcpy(s->d_vectors[v] + units.first, m.d_vectors + v * padded(hidden) + units.first, units.count * sizeof(float));
}

static void scan_backward(mynah_team *team, const mynah_scan_backward *pass) {
  mynah_team_run(team, scan_backward_work, (void *)pass);
}
