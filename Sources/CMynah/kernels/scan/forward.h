// A recurrent layer over a sequence, forward.
//
// The weights are packed once. Each worker owns some rows, or some hidden units with their columns of every block: it
// projects, recurs and applies the cell to its own. Workers that own units project x some steps ahead of h, and have
// one barrier per step, when h is complete, and another one if the cell has a second product. Cells without recurrent
// blocks need no barrier.
//
// If steps share distinct inputs, these are projected once, at the beginning, and each step copies its blocks.

static const mynah_cell_traits *cell_traits(mynah_cell cell) { return all_forward_steps[cell].traits; }

static size_t scan_gates_size(const mynah_scan_sizes *s) {
  const mynah_cell_traits *cell = cell_traits(s->cell);
  return kept_size(s->steps * s->batch, kept_blocks(cell) * block_width(s->hidden));
}

static size_t scan_cells_size(const mynah_scan_sizes *s) {
  return cell_traits(s->cell)->has_cell_state ? kept_size(cells_rows(s), s->hidden) : 0;
}

/// Offsets of packed weights, padded biases and the blocks of distinct inputs in the workspace.
typedef struct {
  size_t input, recurrent, bias, projection, distinct, end;  // W_ih, W_hh and biases block after block, W_hr
} forward_layout;

/// The offsets for a worker whose share begins at unit `units` and output `outputs`; the last two are the same for all.
static forward_layout forward_layout_of(const mynah_scan_sizes *s, size_t units, size_t outputs) {
  const mynah_cell_traits *cell = cell_traits(s->cell);
  const size_t input = cell->input_blocks, recurrent = cell->recurrent_blocks, sums = summed_blocks(cell);
  const size_t after_input = input * packed_size(s->hidden, s->input);
  const size_t after_recurrent = after_input + recurrent * packed_size(s->hidden, s->output);
  const size_t after_bias = after_recurrent + sums * padded(s->hidden);
  const size_t after_projection = after_bias + (cell->has_projection ? packed_size(s->output, s->hidden) : 0);
  return (forward_layout){
      .input = input * packed_size(units, s->input),
      .recurrent = after_input + recurrent * packed_size(units, s->output),
      .bias = after_recurrent + sums * units,
      .projection = after_bias + packed_size(outputs, s->hidden),
      .distinct = after_projection,
      .end = after_projection + distinct_size(s, cell),
  };
}

static size_t scan_forward_workspace(const mynah_scan_sizes *s) { return forward_layout_of(s, 0, 0).end + ALIGNMENT; }

/// A worker's view of a pass.
typedef struct {
  const mynah_scan_forward *pass;
  const mynah_cell_traits *cell;
  step_share own;
  float *input, *recurrent, *bias, *projection;  // its units' part of the workspace
  form input_form, step_form;
  block_matrix blocks, distinct;
} forward_worker;

/// Packs a worker's part of `count` blocks of H rows of W [·, k].
static void pack_blocks(float *packed, const float *w, size_t count, size_t hidden, size_t k, unit_share units,
                        form form, const step_share *own, const mynah_worker *worker) {
  const range panels = panels_to_pack(own, units.count, count, worker);
  for (size_t block = 0; block < count; block++)
    pack_transposed(packed + block * packed_size(units.count, k), w + (block * hidden + units.first) * k, k, k,
                    units.count, panels_of_matrix(panels, units.count, block), form);
}

/// Computes the total bias with which each block's sums begin.
static void pack_biases(const forward_worker *w) {
  const mynah_scan_forward *s = w->pass;
  const unit_share units = w->own.units;
  const size_t hidden = s->sizes.hidden, first = units.first, width = units.vectors * LANES;
  memset(w->bias, 0, summed_blocks(w->cell) * width * sizeof(float));
  for (size_t block = 0; block < w->cell->input_blocks; block++)
    memcpy(w->bias + block * width, s->bias_ih + block * hidden + first, units.count * sizeof(float));
  for (size_t r = 0; s->bias_hh && r < w->cell->recurrent_blocks; r++) {
    float *to = w->bias + recurrent_block(w->cell, r) * width;
    for (size_t j = 0; j < units.count; j++) to[j] += s->bias_hh[r * hidden + first + j];
  }
}

/// Computes the input blocks of some rows of x.
static void project(const forward_worker *w, const block_matrix *blocks, range rows) {
  const mynah_scan_forward *s = w->pass;
  const unit_share units = w->own.units;
  const size_t input = s->sizes.input, width = units.vectors * LANES;
  product products[MOST_BLOCKS];
  for (size_t block = 0; block < w->cell->input_blocks; block++)
    products[block] = block_product(blocks, rows.first, block, units, w->bias + block * width,
                                    w->input + block * packed_size(units.count, input));
  multiply(rows_of(s->x + rows.first * input, input), rows.last - rows.first, input, products, w->cell->input_blocks,
           w->input_form);
}

/// Computes the input blocks of `steps` steps from t on; of one step if the worker owns rows.
static void project_ahead(const forward_worker *w, size_t t, size_t steps) {
  const size_t row0 = t * w->pass->sizes.batch + w->own.rows.first;
  project(w, &w->blocks, (range){row0, row0 + steps * row_count(&w->own)});
}

/// Computes the input blocks of the distinct inputs.
static void project_distinct(const forward_worker *w, const mynah_worker *worker) {
  const size_t count = w->pass->sizes.distinct;
  project(w, &w->distinct, w->own.by_rows ? share(count, worker) : (range){0, count});
  if (w->own.by_rows) mynah_worker_wait(worker);  // the blocks are complete
}

/// Copies the input blocks of step t from those of the distinct inputs.
static void copy_distinct(const forward_worker *w, size_t t) {
  const unit_share units = w->own.units;
  const size_t row0 = t * w->pass->sizes.batch;
  const int32_t *x_rows = w->pass->x_rows + row0;
  for (size_t block = 0; block < w->cell->input_blocks; block++)
    EACH_VECTOR(w->own.rows, units.vectors * LANES, b, j)
      store(block_vector(&w->blocks, row0 + b, block, units.first + j),
            load(block_vector(&w->distinct, (size_t)x_rows[b], block, units.first + j)));
}

/// Computes the recurrent blocks `r` of step t from h, or from the intermediate vectors.
static void recur(const forward_worker *w, size_t t, range r, const float *h) {
  const unit_share units = w->own.units;
  const size_t output = w->pass->sizes.output, width = units.vectors * LANES, first = w->own.rows.first;
  product products[MOST_BLOCKS];
  for (size_t i = r.first; i < r.last; i++) {
    const size_t block = recurrent_block(w->cell, i);
    const float *start = i < w->cell->added_blocks ? NULL : w->bias + block * width;
    products[i - r.first] = block_product(&w->blocks, t * w->pass->sizes.batch + first, block, units, start,
                                          w->recurrent + i * packed_size(units.count, output));
  }
  multiply(rows_of(h + first * output, output), row_count(&w->own), output, products, r.last - r.first, w->step_form);
}

/// Computes the outputs of step t: the intermediate vectors times W_hrᵀ.
static void project_outputs(const forward_worker *w, size_t t) {
  const mynah_scan_forward *s = w->pass;
  const unit_share outputs = w->own.outputs;
  const size_t hidden = s->sizes.hidden, output = s->sizes.output, row0 = t * s->sizes.batch + w->own.rows.first;
  float *to = s->output + row0 * output + outputs.first;
  product p = {to, output, NULL, 0, w->projection, outputs.count, all_panels(outputs.count), false, 0};
  multiply(rows_of(s->intermediate + row0 * hidden, hidden), row_count(&w->own), hidden, &p, 1, w->step_form);
}

static void scan_forward_work(void *context, const mynah_worker *worker) {
  const mynah_scan_forward *s = context;
  const mynah_scan_sizes *sizes = &s->sizes;
  const forward_steps *steps = &all_forward_steps[sizes->cell];
  const mynah_cell_traits *cell = steps->traits;
  const step_share own = share_of_step(sizes, cell, worker, false);
  const forward_layout layout = forward_layout_of(sizes, own.units.first, own.outputs.first);
  float *base = aligned(s->workspace);
  // W_ih's form must not depend on how a text is divided into sequences.
  const form input_form = (form)s->precision, step_form = form_for(s->precision, sizes->batch);
  const forward_worker w = {s, cell, own, base + layout.input, base + layout.recurrent, base + layout.bias,
                            base + layout.projection, input_form, step_form, blocks_at(s->gates, sizes),
                            distinct_blocks(base + layout.distinct, sizes)};
  const size_t ahead = own.by_rows ? 1 : minimum(sizes->steps, (PROJECTED_ROWS + sizes->batch - 1) / sizes->batch);
  const size_t early_count = cell->recurrent_blocks - cell->late_blocks;
  const range early = {0, early_count}, late = {early_count, cell->recurrent_blocks};
  pack_blocks(w.input, s->weight_ih, cell->input_blocks, sizes->hidden, sizes->input, own.units, input_form, &own,
              worker);
  pack_blocks(w.recurrent, s->weight_hh, cell->recurrent_blocks, sizes->hidden, sizes->output, own.units, step_form,
              &own, worker);
  if (cell->has_projection)
    pack_blocks(w.projection, s->weight_hr, 1, sizes->output, sizes->hidden, own.outputs, step_form, &own, worker);
  if (!own.by_rows || worker->thread == 0) pack_biases(&w);
  if (cell->has_cell_state) keep_units(s->cells, cells_rows(sizes), s->c0, own.rows, sizes->hidden, own.units);
  if (own.by_rows) mynah_worker_wait(worker);  // the packed weights are complete
  if (sizes->distinct) project_distinct(&w, worker);
  for (size_t t = 0; t < sizes->steps; t++) {
    if (sizes->distinct) copy_distinct(&w, t);
    else if (t % ahead == 0) project_ahead(&w, t, minimum(ahead, sizes->steps - t));
    if (cell->recurrent_blocks) {
      wait_for_units(&own, worker);  // h_{t-1} is complete
      recur(&w, t, early, hidden_before(s, t));
    }
    if (cell->late_blocks) {
      steps->reset(s, t, &own);
      wait_for_units(&own, worker);  // the intermediate vectors are complete
      recur(&w, t, late, s->intermediate + t * sizes->batch * sizes->hidden);
    }
    steps->forward(s, t, &own);
    if (cell->has_projection) {
      wait_for_units(&own, worker);  // the intermediate vectors are complete
      project_outputs(&w, t);
    }
  }
  if (cell->has_cell_state)
    take_units(s->last_c, s->cells, cells_rows(sizes), sizes->steps * sizes->batch, own.rows, sizes->hidden,
               own.units);
}

static void scan_forward(mynah_team *team, const mynah_scan_forward *pass) {
  mynah_team_run(team, scan_forward_work, (void *)pass);
}
