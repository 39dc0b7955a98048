// The inference kernels under a sanitizer: every cell and kind of weights.
#include <math.h>

static mynah_packed packed(const mynah_inference_kernels *kernels, mynah_team *team, mynah_weights kind, size_t blocks,
                           size_t rows, size_t columns) {
  mynah_packed matrix = {kind, blocks * rows, columns, blocks, NULL};
  if (blocks == 0) return matrix;
  float *w = numbers(blocks * rows * columns);
  void *panels = lines(kernels->packed_bytes(&matrix));
  kernels->pack(team, panels, &matrix, w);
  matrix.panels = panels;
  free(w);
  return matrix;
}

/// Runs two layers of a cell with IDs, with a table, and with rows as input. Layers with windows also read the input of
/// the previous step, and use no table.
static void try_advance(const mynah_inference_kernels *kernels, mynah_team *team, mynah_weights kind, mynah_cell id,
                        size_t steps, size_t batch, size_t hidden, size_t vocabulary, bool windows) {
  const mynah_cell_traits *cell = mynah_traits_of(id);
  const size_t late = cell->late_blocks, early = cell->recurrent_blocks - late, added = cell->added_blocks;
  const size_t rows = steps * batch, output = cell->has_projection ? (hidden + 1) / 2 : hidden;
  mynah_inference_layer layers[2] = {{.cell = id}, {.cell = id}};
  float *arrays[16];
  size_t count = 0;
  for (int l = 0; l < 2; l++) {
    mynah_inference_layer *layer = &layers[l];
    layer->hidden = hidden, layer->output = output, layer->residual = l == 1;
    layer->input = packed(kernels, team, kind, cell->input_blocks, hidden,
                          (windows ? 2 : 1) * (l ? output : hidden));
    layer->recurrent = packed(kernels, team, kind, early, hidden, output);
    layer->second = cell->has_projection ? packed(kernels, team, kind, 1, output, hidden)
                                         : packed(kernels, team, kind, late, hidden, hidden);
    layer->bias = arrays[count++] = numbers(cell->input_blocks * hidden);
    if (early + late > added) layer->recurrent_bias = arrays[count++] = numbers((early + late - added) * hidden);
    for (size_t v = 0; v < cell->vectors; v++) layer->vectors[v] = arrays[count++] = numbers(hidden);
    if (cell->has_hidden_state) layer->h = arrays[count++] = numbers(batch * output);
    if (cell->has_cell_state) layer->c = arrays[count++] = numbers(batch * hidden);
    if (windows) layer->x_before = arrays[count++] = numbers(batch * (l ? output : hidden));
  }
  float *x = numbers(rows * hidden), *embedding = numbers(vocabulary * layers[0].input.columns);
  float *bias = numbers(vocabulary);
  float *table = room(vocabulary * kernels->table_width(&layers[0].input));
  void *table_workspace = lines(kernels->tabulate_bytes(&layers[0].input, vocabulary));
  kernels->tabulate(team, table, layers[0].bias, embedding, &layers[0].input, vocabulary, table_workspace);
  int32_t *ids = checked(malloc(rows * sizeof *ids));
  for (size_t r = 0; r < rows; r++) ids[r] = (int32_t)(r * 7919 % vocabulary);
  mynah_packed weights = packed(kernels, team, kind, 1, vocabulary, output);
  for (int flags = 0; flags < 6; flags++) {
    float *outputs = room(rows * output), *logits = room(batch * vocabulary);
    double *losses = checked(malloc(rows * sizeof *losses));
    mynah_inference_pass pass = {.steps = steps,
                                 .batch = batch,
                                 .layer_count = 2,
                                 .layers = layers,
                                 .vocabulary = vocabulary,
                                 .x = flags % 3 == 2 ? x : NULL,
                                 .ids = flags % 3 == 2 ? NULL : ids,
                                 .embedding = embedding,
                                 .table = flags % 3 == 1 && !windows ? table : NULL,
                                 .output = weights,
                                 .output_bias = bias,
                                 .outputs = outputs,
                                 .logits = logits,
                                 .targets = flags < 3 ? ids : NULL,
                                 .row_losses = losses,
                                 .reversed = flags & 1};
    pass.workspace = lines(kernels->advance_bytes(&pass, (size_t)mynah_team_threads(team)));
    kernels->advance(team, &pass);
    read_all(outputs, rows * output), read_all(logits, batch * vocabulary);
    for (size_t r = 0; pass.targets && r < rows; r++) read_all((float[]){(float)losses[r]}, 1);
    free(pass.workspace), free(outputs), free(logits), free(losses);
  }
  for (int l = 0; l < 2; l++)
    free((void *)layers[l].input.panels), free((void *)layers[l].recurrent.panels),
        free((void *)layers[l].second.panels);
  while (count > 0) free(arrays[--count]);
  free(x), free(embedding), free(bias), free(table), free(table_workspace), free(ids), free((void *)weights.panels);
}

static void try_draw(const mynah_inference_kernels *kernels, mynah_team *team, size_t rows, size_t count) {
  float *logits = numbers(rows * count);
  double *uniforms = checked(malloc(rows * sizeof *uniforms));
  float *inverses = checked(malloc(rows * sizeof *inverses));
  int32_t *ids = checked(malloc(rows * sizeof *ids)), forbidden[] = {0, (int32_t)count, -1};
  for (size_t r = 0; r < rows; r++) uniforms[r] = (double)r / (double)rows;
  void *workspace = lines(kernels->draw_bytes(count, (size_t)mynah_team_threads(team)));
  for (size_t some = 0; some < 4; some += 3) {
    for (size_t r = 0; r < rows; r++) inverses[r] = some ? 1.5f : INFINITY;
    kernels->draw(team, ids, logits, rows, count, forbidden, some, inverses, uniforms, workspace);
    for (size_t r = 0; r < rows; r++) read_all((float[]){(float)ids[r]}, 1);
  }
  if (!kernels->all_finite(team, logits, rows * count)) checked(NULL);
  free(logits), free(uniforms), free(inverses), free(ids), free(workspace);
}

static void try_inference(const mynah_inference_kernels *kernels, mynah_team *team) {
  const size_t sizes[] = {1, 7, 16, 17, 33, 65}, batches[] = {1, 4, 7, 16, 19, 35};
  for (size_t i = 0; i < 6; i++) try_draw(kernels, team, batches[i], 1 + sizes[i] * sizes[i]);
  try_draw(kernels, team, 2, 40000);
  for (int cell = 0; cell < MYNAH_CELL_COUNT; cell++)
    for (int kind = 0; kind < 3; kind++)
      for (size_t i = 0; i < 6; i++)
        for (int windows = 0; windows <= !mynah_traits_of((mynah_cell)cell)->has_identity_skip; windows++)
          try_advance(kernels, team, (mynah_weights)kind, (mynah_cell)cell, 1 + i % 3, batches[i], sizes[i],
                      1 + 13 * i, windows);
}
