// Advances B streams by T steps in one piece of work: all layers, then the output.
//
// Layer by layer, the inputs of all T·B rows are projected in one product; then each step adds W_hh·h and applies the
// cell. A worker owns the same units in both. A layer has one barrier per step, when h is complete, and a second one if
// the cell has a second product; a layer without recurrent blocks has one barrier at its end. One token (T = 1) reads
// each weight once, at the bandwidth of the cache that holds them.

/// A worker's share of a layer: panels of W_ih, and panels of W_hh, or vectors of units if there is no W_hh.
typedef struct {
  range input, recurrent;
} layer_share;

INLINE range panels_with(range vectors, const mynah_packed *m) {
  size_t units = units_in_panel(blocks_in(m));
  return (range){vectors.first / units, (vectors.last + units - 1) / units};
}

/// A share begins at the start of a panel in both matrices.
INLINE layer_share layer_share_of(const mynah_inference_layer *layer, const mynah_cell_traits *cell,
                                  const mynah_worker *worker) {
  size_t vectors = vectors_of(layer->hidden), units = units_in_panel(cell->input_blocks);
  if (cell->recurrent_blocks) units = maximum(units, units_in_panel(blocks_in(&layer->recurrent)));
  range groups = share((vectors + units - 1) / units, worker);
  range own = {minimum(vectors, groups.first * units), minimum(vectors, groups.last * units)};
  return (layer_share){panels_with(own, &layer->input),
                       cell->recurrent_blocks ? panels_with(own, &layer->recurrent) : own};
}

/// The input of layer `index`.
INLINE input_rows layer_input(const advance_work *w, size_t index) {
  const mynah_inference_pass *s = w->pass;
  const size_t columns = input_size(&s->layers[index]);
  if (index > 0) return (input_rows){w->outputs[1 - index % 2], padded(columns), NULL};
  if (s->x) return (input_rows){s->x, columns, NULL};
  return w->gathered ? (input_rows){w->gathered, columns, NULL} : (input_rows){s->embedding, columns, s->ids};
}

/// Writes the windows of all rows, x_t and x_{t−1}, and saves the inputs of the last step; each worker handles some
/// rows.
static const float *window_rows(const layer_step *s, const mynah_worker *worker) {
  const size_t batch = s->batch, rows = s->work->pass->steps * batch, input = input_size(s->layer);
  float *windows = s->work->windows, *x_before = s->layer->x_before;
  const range own = share(rows, worker), streams = share(batch, worker);
  for (size_t row = own.first; row < own.last; row++) {
    const float *before = row < batch ? x_before + row * input : input_row(&s->input, row - batch);
    memcpy(windows + 2 * row * input, input_row(&s->input, row), input * sizeof(float));
    memcpy(windows + (2 * row + 1) * input, before, input * sizeof(float));
  }
  mynah_worker_wait(worker);  // the windows are complete, and x_before has been read
  for (size_t b = streams.first; b < streams.last; b++)
    memcpy(x_before + b * input, input_row(&s->input, rows - batch + b), input * sizeof(float));
  return windows;
}

/// The second product of a step: the late blocks and the rest of the cell, or the projection.
static void finish_step(const layer_step *s, const mynah_worker *worker, bool reversed, rounded_rows memory) {
  const mynah_packed *m = &s->layer->second;
  const inference_cell *cell = &inference_cells[s->layer->cell];
  const size_t batch = s->batch;
  const range own = share(panels_of(m), worker);
  const tile_rows x = rows_for(m, s->work->intermediate, padded(s->hidden), batch, memory);
  if (cell->traits->has_projection)
    multiply_own_panels(m, own, reversed, batch, s->outputs + s->t * batch * s->stride, s->stride, NULL, x);
  else cell->second(s, own, reversed, x);
}

/// Copies the last h and adds the residual connection; each worker handles some columns.
static void finish_layer(const layer_step *s, const mynah_worker *worker) {
  const mynah_inference_layer *layer = s->layer;
  const size_t batch = s->work->pass->batch, rows = s->work->pass->steps * batch, output = layer->output;
  const range vectors = share(vectors_of(output), worker);
  const size_t first = vectors.first * LANES, count = minimum(output, vectors.last * LANES) - minimum(output, first);
  if (layer->h)
    for (size_t b = 0; b < batch; b++)
      memcpy(layer->h + b * output + first, s->outputs + (rows - batch + b) * s->stride + first, count * sizeof(float));
  if (!layer->residual) return;
  for (size_t row = 0; row < rows; row++) {
    float *to = s->outputs + row * s->stride + first;
    const float *from = input_row(&s->input, row) + first;
    for (size_t j = 0; j < count; j += LANES)
      store(to + j, load(to + j) + load_first(from + j, minimum(LANES, count - j)));
  }
  mynah_worker_wait(worker);  // the outputs are complete
}

static void advance_layer(const advance_work *w, size_t index, const mynah_worker *worker) {
  const mynah_inference_pass *s = w->pass;
  const mynah_inference_layer *layer = &s->layers[index];
  const inference_cell *cell = &inference_cells[layer->cell];
  const size_t rows = s->steps * s->batch, width = table_width(&layer->input), stride = padded(layer->output);
  const bool second = mynah_has_intermediate(cell->traits);
  const layer_share own = layer_share_of(layer, cell->traits, worker);
  rounded_rows memory = rounded_at(w->rounded, rows, w->row_bytes, (size_t)worker->thread);
  layer_step step = {.work = w, .layer = layer, .batch = s->batch, .hidden = layer->hidden, .stride = stride};
  step.input = layer_input(w, index), step.outputs = w->outputs[index % 2];
  if (index == 0 && s->table) {
    step.projected = (input_rows){s->table, width, s->ids};
  } else {
    // Inputs by ids are gathered unless there is only one row.
    const float *inputs = layer->x_before ? window_rows(&step, worker) : input_row(&step.input, 0);
    const size_t columns = layer->x_before ? layer->input.columns : step.input.stride;
    tile_rows x = rows_for(&layer->input, inputs, columns, rows, memory);
    project(&layer->input, own.input, rows, w->projected, layer->bias, x);
    step.projected = (input_rows){w->projected, width, NULL};
  }
  for (step.t = 0; step.t < s->steps; step.t++) {
    const bool reversed = s->reversed != (step.t % 2 == 1);
    step.before = step.t == 0 ? layer->h : step.outputs + (step.t - 1) * s->batch * stride;
    step.before_stride = step.t == 0 ? layer->output : stride;
    tile_rows h = {0};
    if (cell->traits->recurrent_blocks)
      h = rows_for(&layer->recurrent, step.before, step.before_stride, s->batch, memory);
    cell->first(&step, own.recurrent, reversed, h);
    if (second) {
      mynah_worker_wait(worker);  // the intermediate vectors are complete
      finish_step(&step, worker, reversed, memory);
    }
    if (cell->traits->recurrent_blocks) mynah_worker_wait(worker);  // the outputs of step t are complete
  }
  if (!cell->traits->recurrent_blocks) mynah_worker_wait(worker);  // the outputs of all steps are complete
  finish_layer(&step, worker);
}

static void advance_worker(void *context, const mynah_worker *worker) {
  const advance_work *w = context;
  const mynah_inference_pass *s = w->pass;
  for (size_t l = 0; l < s->layer_count; l++) advance_layer(w, l, worker);
  const size_t rows = s->steps * s->batch;
  // Without layers the output layer reads the inputs.
  size_t output = s->output.columns, stride = output;
  const float *outputs = s->x;
  if (s->layer_count) {
    output = s->layers[s->layer_count - 1].output, stride = padded(output);
    outputs = w->outputs[(s->layer_count - 1) % 2];
  }
  rounded_rows memory = rounded_at(w->rounded, rows, w->row_bytes, (size_t)worker->thread);
  if (s->outputs) {
    range own = share(rows, worker);
    for (size_t r = own.first; r < own.last; r++)
      memcpy(s->outputs + r * output, outputs + r * stride, output * sizeof(float));
  }
  if (s->logits) {
    tile_rows last = rows_for(&s->output, outputs + (rows - s->batch) * stride, stride, s->batch, memory);
    range own = share(panels_of(&s->output), worker);
    multiply_own_panels(&s->output, own, s->reversed, s->batch, s->logits, s->vocabulary, s->output_bias, last);
  }
  if (s->targets) losses(w, rows_for(&s->output, outputs, stride, rows, memory), worker);
}

static void advance(mynah_team *team, const mynah_inference_pass *pass) {
  advance_work work;
  advance_layout(&work, pass, (size_t)mynah_team_threads(team));
  if (work.gathered) {
    const size_t width = input_size(&pass->layers[0]);
    for (size_t r = 0; r < pass->steps * pass->batch; r++)
      memcpy(work.gathered + r * width, pass->embedding + (size_t)pass->ids[r] * width, width * sizeof(float));
  }
  mynah_team_run(team, advance_worker, &work);
}
