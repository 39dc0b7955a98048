// The scan kernels under a sanitizer: every cell, forward and backward, with and without each optional array.

/// Reads every element, so that a memory sanitizer reports those that a kernel did not write.
static void read_all(const float *x, size_t count) {
  volatile int negative = 0;
  for (size_t i = 0; i < count; i++)
    if (x[i] < 0) negative++;
}

/// The precision of products: every second round is in bfloat16.
static mynah_precision precision = MYNAH_FLOAT32;

/// Random numbers for an input, or NULL if the cell does not have it.
static float *numbers_if(bool there, size_t count) { return there ? numbers(count) : NULL; }
static float *room_if(bool there, size_t count) { return there ? room(count) : NULL; }

static void read_and_free(float *x, size_t count) {
  if (x) read_all(x, count);
  free(x);
}

static void try_scan_backward(const mynah_kernels *kernels, mynah_team *team, const mynah_scan_forward *forward,
                              int flags) {
  const mynah_scan_sizes *s = &forward->sizes;
  const mynah_cell_traits *cell = mynah_traits_of(s->cell);
  const size_t rows = s->steps * s->batch, input = s->input, hidden = s->hidden, output = s->output, batch = s->batch;
  const size_t gi = cell->input_blocks, gr = cell->recurrent_blocks;
  const bool has_h = cell->has_hidden_state, has_c = cell->has_cell_state, projects = cell->has_projection;
  float *d_output = numbers_if(flags & 1, rows * output), *d_last_h = numbers_if(has_h && flags & 2, batch * output);
  float *d_last_c = numbers_if(has_c && flags & 4, batch * hidden), *d_gates = room(kernels->scan_gates_size(s));
  float *through_time = room(kernels->scan_backward_workspace(s)),
        *products = room(kernels->scan_gradients_workspace(s));
  mynah_scan_backward b = {
      .forward = *forward,
      .d_output = d_output,
      .d_last_h = d_last_h,
      .d_last_c = d_last_c,
      .d_x = room_if(flags & 8, rows * input),
      .d_weight_ih = room(gi * hidden * input),
      .d_weight_hh = room_if(gr, gr * hidden * output),
      .d_weight_hr = room_if(projects, output * hidden),
      .d_bias_ih = room(gi * hidden),
      .d_bias_hh = room_if(gr && flags & 8, gr * hidden),
      .d_h0 = room_if(has_h, batch * output),
      .d_c0 = room_if(has_c, batch * hidden),
      .d_gates = d_gates,
      .d_projected = room_if(projects, rows * output),
      .workspace = through_time,
  };
  for (size_t v = 0; v < cell->vectors; v++) b.d_vectors[v] = room(hidden);
  kernels->scan_backward(team, &b);
  b.workspace = products;
  kernels->scan_gradients(team, &b);
  read_and_free(b.d_x, rows * input), read_and_free(b.d_weight_ih, gi * hidden * input);
  read_and_free(b.d_weight_hh, gr * hidden * output), read_and_free(b.d_weight_hr, output * hidden);
  read_and_free(b.d_bias_ih, gi * hidden), read_and_free(b.d_bias_hh, gr * hidden);
  read_and_free(b.d_h0, batch * output), read_and_free(b.d_c0, batch * hidden);
  read_and_free(b.d_projected, rows * output);
  for (size_t v = 0; v < cell->vectors; v++) read_and_free(b.d_vectors[v], hidden);
  free(d_output), free(d_last_h), free(d_last_c), free(d_gates), free(through_time), free(products);
}

static void try_scan(const mynah_kernels *kernels, mynah_team *team, mynah_scan_sizes sizes) {
  const mynah_cell_traits *cell = mynah_traits_of(sizes.cell);
  if (!cell->has_projection) sizes.output = sizes.hidden;
  if (cell->has_identity_skip) sizes.input = sizes.hidden;
  const size_t rows = sizes.steps * sizes.batch, input = sizes.input, hidden = sizes.hidden, output = sizes.output;
  const size_t gi = cell->input_blocks, gr = cell->recurrent_blocks, batch = sizes.batch;
  const bool has_c = cell->has_cell_state, second = cell->has_projection || cell->late_blocks;
  float *x = numbers(rows * input), *weight_ih = numbers(gi * hidden * input), *bias_ih = numbers(gi * hidden);
  float *weight_hh = numbers_if(gr, gr * hidden * output), *bias_hh = numbers_if(gr, gr * hidden);
  float *weight_hr = numbers_if(cell->has_projection, output * hidden), *vectors[MYNAH_MOST_VECTORS] = {NULL};
  float *h0 = numbers_if(cell->has_hidden_state, batch * output), *c0 = numbers_if(has_c, batch * hidden);
  float *gates = room(kernels->scan_gates_size(&sizes)), *cells = room(kernels->scan_cells_size(&sizes));
  float *intermediate = room_if(second, rows * hidden), *to = room(rows * output),
        *last_c = room_if(has_c, batch * hidden);
  float *workspace = room(kernels->scan_forward_workspace(&sizes));
  mynah_scan_forward forward = {.precision = precision,
                                .sizes = sizes,
                                .x = x,
                                .weight_ih = weight_ih,
                                .weight_hh = weight_hh,
                                .weight_hr = weight_hr,
                                .bias_ih = bias_ih,
                                .bias_hh = bias_hh,
                                .h0 = h0,
                                .c0 = c0,
                                .gates = gates,
                                .cells = cells,
                                .intermediate = intermediate,
                                .output = to,
                                .last_c = last_c,
                                .workspace = workspace};
  for (size_t v = 0; v < cell->vectors; v++) forward.vectors[v] = vectors[v] = numbers(hidden);
  kernels->scan_forward(team, &forward);
  read_all(to, rows * output);
  if (has_c) read_all(last_c, batch * hidden);
  free(workspace);
  for (int flags = 0; flags < 16; flags++) try_scan_backward(kernels, team, &forward, flags);
  for (size_t v = 0; v < cell->vectors; v++) free(vectors[v]);
  free(x), free(weight_ih), free(weight_hh), free(weight_hr), free(bias_ih), free(bias_hh), free(h0), free(c0);
  free(gates), free(cells), free(intermediate), free(to), free(last_c);
}
