// The workspace of a pass.

typedef struct {
  const mynah_inference_pass *pass;
  float *gathered;       // [T·B][E]: the embeddings of the ids
  float *windows;        // [T·B][2·I]: x_t and x_{t−1} of a layer that reads both
  float *projected;      // [T·B][widest projection]
  float *outputs[2];     // [T·B][widest output, padded]: a layer reads one and writes the other
  float *intermediate;   // [B][widest layer, padded]: the operand of second products
  float *waiting;        // [B][MOST_BLOCKS · widest layer, padded]: the first product's sums until the second one
  void *rounded;         // [worker]: rows rounded for products with bfloat16 or int8 weights
  float *maxima, *sums;  // [part][T·B]
  float *target_logits;  // [T·B]
  size_t row_bytes;      // of the longest row that is rounded
} advance_work;

enum { PART_PANELS = 8, PART_LANES = PART_PANELS * MOST_PANEL_LANES };

/// The vocabulary is divided into parts. Their number depends only on its size, so that losses do not depend on the
/// number of threads.
INLINE size_t output_parts(size_t vocabulary) { return (vocabulary + PART_LANES - 1) / PART_LANES; }

INLINE size_t maximum(size_t a, size_t b) { return a > b ? a : b; }

/// Reserves `count` floats of the workspace, in whole cache lines; returns NULL if only the size is computed.
INLINE float *take_floats(char *base, size_t *bytes, size_t count) {
  float *result = base ? (float *)(void *)(base + *bytes) : NULL;
  *bytes += up_to_line(count * sizeof(float));
  return result;
}

/// True if the first layer's inputs are gathered. A single row is read in place.
INLINE bool gathers(const mynah_inference_pass *s) { return !s->x && !s->table && s->steps * s->batch > 1; }

/// I, the size of a layer's inputs.
INLINE size_t input_size(const mynah_inference_layer *layer) {
  return layer->x_before ? layer->input.columns / 2 : layer->input.columns;
}

static size_t advance_layout(advance_work *w, const mynah_inference_pass *s, size_t threads) {
  size_t rows = s->steps * s->batch, hidden = 0, output = 0, projected = 0, window = 0, bytes = 0;
  size_t row_bytes = s->logits || s->targets ? rounded_row_bytes(&s->output) : 0;
  bool second = false;
  for (size_t l = 0; l < s->layer_count; l++) {
    const mynah_inference_layer *layer = &s->layers[l];
    hidden = maximum(hidden, layer->hidden), output = maximum(output, layer->output);
    projected = maximum(projected, table_width(&layer->input));
    if (layer->x_before) window = maximum(window, layer->input.columns);
    if (l > 0 || !s->table) row_bytes = maximum(row_bytes, rounded_row_bytes(&layer->input));
    if (layer->recurrent.panels) row_bytes = maximum(row_bytes, rounded_row_bytes(&layer->recurrent));
    if (layer->second.panels) row_bytes = maximum(row_bytes, rounded_row_bytes(&layer->second));
    second = second || layer->second.panels;
  }
  char *base = s->workspace;
  *w = (advance_work){.pass = s, .row_bytes = row_bytes};
  if (gathers(s)) w->gathered = take_floats(base, &bytes, rows * input_size(&s->layers[0]));
  w->windows = take_floats(base, &bytes, rows * window);
  w->projected = take_floats(base, &bytes, rows * projected);
  for (int i = 0; i < 2; i++) w->outputs[i] = take_floats(base, &bytes, rows * padded(output));
  if (second) {
    w->intermediate = take_floats(base, &bytes, s->batch * padded(hidden));
    w->waiting = take_floats(base, &bytes, s->batch * MOST_BLOCKS * padded(hidden));
  }
  if (s->targets) {
    size_t parts = output_parts(s->vocabulary) * rows;
    w->maxima = take_floats(base, &bytes, parts);
    w->sums = take_floats(base, &bytes, parts);
    w->target_logits = take_floats(base, &bytes, rows);
  }
  if (base) w->rounded = base + bytes;
  bytes += threads * rounded_bytes(rows, row_bytes);
  return bytes;
}

static size_t advance_bytes(const mynah_inference_pass *pass, size_t threads) {
  advance_work w;
  return advance_layout(&w, pass, threads);
}
