// B streams advanced by T steps in one piece of work: all layers, then the output.
//
// Layer by layer: what the inputs of all T·B rows contribute to the gates is one product; then step after step adds W_hh·h and
// applies the gates. A worker owns panels: the same units in both. All meet once a layer's step, when h is whole. T = 1 is one
// token; its weights are read once, so it runs at the bandwidth of the cache that holds them.

typedef struct {
  const mynah_inference_pass *pass;
  float *gathered;              // [T·B][E]: the tokens' vectors
  const float *inputs;          // the same, or one vector where it lies
  float *projected;             // [T·B][4·Hp]
  float *outputs[2];            // [T·B][Hp]: a layer reads one and writes the other
  void *rounded;                // [worker]: rows for products of integers
  float *maxima, *sums;         // [part][T·B]
  float *target_logits;         // [T·B]
  size_t most_rows, most_columns;  // of what is rounded
} advance_work;

enum { PART_PANELS = 8, PART_LANES = PART_PANELS * PANEL_LANES };

/// The vocabulary is cut into parts whose number depends on its size alone, so that losses do not depend on threads.
INLINE size_t output_parts(size_t vocabulary) { return (vocabulary + PART_LANES - 1) / PART_LANES; }

static size_t advance_layout(advance_work *w, const mynah_inference_pass *s, size_t threads) {
  size_t rows = s->steps * s->batch, hidden = 0, columns = 0, bytes = 0;
  for (size_t l = 0; l < s->layer_count; l++) {
    hidden = s->layers[l].hidden > hidden ? s->layers[l].hidden : hidden;
    size_t input = l == 0 && s->table ? 0 : s->layers[l].input.columns;
    columns = input > columns ? input : columns;
  }
  columns = hidden > columns ? hidden : columns;
  char *base = s->workspace;
  *w = (advance_work){.pass = s, .most_rows = rows, .most_columns = columns};
  if (!s->table && rows > 1)
    w->gathered = (float *)(void *)(base + bytes), bytes += up_to_line(rows * s->layers[0].input.columns * sizeof(float));
  w->projected = (float *)(void *)(base + bytes), bytes += up_to_line(rows * table_width(hidden) * sizeof(float));
  for (int i = 0; i < 2; i++) w->outputs[i] = (float *)(void *)(base + bytes), bytes += up_to_line(rows * padded(hidden) * sizeof(float));
  if (s->targets) {
    size_t parts = up_to_line(output_parts(s->vocabulary) * rows * sizeof(float));
    w->maxima = (float *)(void *)(base + bytes), bytes += parts;
    w->sums = (float *)(void *)(base + bytes), bytes += parts;
    w->target_logits = (float *)(void *)(base + bytes), bytes += up_to_line(rows * sizeof(float));
  }
  w->rounded = base + bytes, bytes += threads * rounded_bytes(rows, columns);
  return bytes;
}

static size_t advance_bytes(const mynah_inference_pass *pass, size_t threads) {
  advance_work w;
  return advance_layout(&w, pass, threads);
}

#include "losses.h"

/// The gates of one row's panel, from their sums: c and h of LANES units.
INLINE void apply_gates(const float *sums, float *c, float *h, size_t valid) {
  vfloat i = vsigmoid(load(sums)), f = vsigmoid(load(sums + LANES));
  vfloat g = vtanh(load(sums + 2 * LANES)), o = vsigmoid(load(sums + 3 * LANES));
  vfloat old = valid == LANES ? load(c) : load_first(c, valid);
  vfloat new = fma_(f, old, i * g);
  if (valid == LANES) store(c, new);
  else store_first(c, new, valid);
  store(h, o * vtanh(new));  // rows of outputs are padded; padding stays zero, since its c is
}

/// One step of a layer for a worker's own panels.
static void recur(const advance_work *w, const mynah_inference_layer *layer, bool table, size_t t, range own, bool reversed, float *outputs,
                  rounded_rows memory) {
  const mynah_inference_pass *s = w->pass;
  size_t hidden = layer->hidden, stride = padded(hidden), batch = s->batch, width = table_width(hidden);
  const float *before = t == 0 ? layer->h : outputs + (t - 1) * batch * stride;
  tile_rows h = rows_for(&layer->recurrent, before, t == 0 ? hidden : stride, batch, memory);
  for (size_t i = 0; i < own.last - own.first; i++) {
    size_t p = panel_at(own, reversed, i), next = panel_at(own, reversed, i + 1);
    size_t unit = p * LANES, valid = minimum(LANES, hidden - unit);
    for (size_t tile = 0; tile < row_tile_count(batch); tile++) {
      range r = row_tile(batch, tile);
      float sums[MOST_ROWS * PANEL_LANES];
      for (size_t b = r.first; b < r.last; b++) {
        size_t row = t * batch + b;
        const float *start = table ? s->table + (size_t)s->ids[row] * width : w->projected + row * width;
        memcpy(sums + (b - r.first) * PANEL_LANES, start + p * PANEL_LANES, PANEL_LANES * sizeof(float));
      }
      multiply_panel(&layer->recurrent, p, next, tile, r.last - r.first, sums, PANEL_LANES, sums, PANEL_LANES, rows_from(h, r.first));
      for (size_t b = r.first; b < r.last; b++)
        apply_gates(sums + (b - r.first) * PANEL_LANES, layer->c + b * hidden + unit, outputs + (t * batch + b) * stride + unit, valid);
    }
  }
}

static void advance_layer(const advance_work *w, size_t index, const mynah_worker *worker) {
  const mynah_inference_pass *s = w->pass;
  const mynah_inference_layer *layer = &s->layers[index];
  size_t rows = s->steps * s->batch, hidden = layer->hidden, stride = padded(hidden);
  range own = share(panels_of(&layer->recurrent), worker);
  rounded_rows memory = rounded_at(w->rounded, w->most_rows, w->most_columns, (size_t)worker->thread);
  float *outputs = w->outputs[index % 2];
  bool table = index == 0 && s->table;
  if (!table) {
    const float *x = index == 0 ? w->inputs : w->outputs[1 - index % 2];
    size_t x_stride = index == 0 ? layer->input.columns : padded(layer->input.columns);
    project(&layer->input, own, rows, w->projected, layer->bias, rows_for(&layer->input, x, x_stride, rows, memory));
  }
  for (size_t t = 0; t < s->steps; t++) {
    recur(w, layer, table, t, own, s->reversed != (t % 2 == 1), outputs, memory);
    mynah_worker_wait(worker);  // the outputs of step t are whole
  }
  size_t first = own.first * LANES, count = minimum(hidden, own.last * LANES) - minimum(hidden, first);
  for (size_t b = 0; b < s->batch; b++)
    memcpy(layer->h + b * hidden + first, outputs + ((s->steps - 1) * s->batch + b) * stride + first, count * sizeof(float));
}

static void advance_worker(void *context, const mynah_worker *worker) {
  const advance_work *w = context;
  const mynah_inference_pass *s = w->pass;
  for (size_t l = 0; l < s->layer_count; l++) advance_layer(w, l, worker);
  size_t hidden = s->layers[s->layer_count - 1].hidden, stride = padded(hidden), rows = s->steps * s->batch;
  const float *outputs = w->outputs[(s->layer_count - 1) % 2];
  rounded_rows memory = rounded_at(w->rounded, w->most_rows, w->most_columns, (size_t)worker->thread);
  if (s->logits) {
    tile_rows last = rows_for(&s->output, outputs + (rows - s->batch) * stride, stride, s->batch, memory);
    multiply_own_panels(&s->output, share(panels_of(&s->output), worker), s->reversed, s->batch, s->logits, s->output_bias, last);
  }
  if (s->targets) losses(w, rows_for(&s->output, outputs, stride, rows, memory), worker);
}

static void advance(mynah_team *team, const mynah_inference_pass *pass) {
  advance_work work;
  advance_layout(&work, pass, (size_t)mynah_team_threads(team));
  if (!pass->table) {
    size_t width = pass->layers[0].input.columns, rows = pass->steps * pass->batch;
    work.inputs = work.gathered ? work.gathered : pass->embedding + (size_t)pass->ids[0] * width;
    if (work.gathered)
      for (size_t r = 0; r < rows; r++)
        memcpy(work.gathered + r * width, pass->embedding + (size_t)pass->ids[r] * width, width * sizeof(float));
  }
  mynah_team_run(team, advance_worker, &work);
}
