// The gradients of a layer's weights, biases and input: sums of, and products with, the gradients of its blocks.

/// The number of rows of x, h and the intermediate vectors that are packed at a time for the weights' gradients.
INLINE size_t gradient_rows(size_t rows) {
  enum { MOST_ROWS_PACKED = 1024 };
  size_t chunks = (rows + MOST_ROWS_PACKED - 1) / MOST_ROWS_PACKED;
  return (rows + chunks - 1) / chunks;
}

/// The workspace contains the sums of the gradients of the distinct inputs' blocks; besides, first x, h and the
/// intermediate vectors as B of the weights' gradients, then W_ih as B of dX = dG·W_ih.
static size_t scan_gradients_workspace(const mynah_scan_sizes *s) {
  const mynah_cell_traits *cell = cell_traits(s->cell);
  size_t chunk = gradient_rows(s->steps * s->batch);
  size_t factors = packed_size(s->input, s->distinct ? s->distinct : chunk);
  if (cell->recurrent_blocks) factors += packed_size(s->output, chunk);
  if (mynah_has_intermediate(cell)) factors += packed_size(s->hidden, chunk);
  size_t weights = packed_size(s->input, cell->input_blocks * block_width(s->hidden));
  return distinct_size(s, cell) + (factors > weights ? factors : weights) + ALIGNMENT;
}

/// A chunk of rows, packed as a B.
typedef struct {
  const float *packed;
  size_t width;
} gradient_factor;

/// The product that adds a chunk of rows from `row0` on to a worker's rows of a weight's gradient.
INLINE product gradient_product(float *d_w, size_t row0, const gradient_factor *b) {
  return (product){d_w, b->width, row0 ? d_w : NULL, b->width, b->packed, b->width, all_panels(b->width), false, 0};
}

/// Adds some rows, which start a sum if they begin with row 0, to the bias gradients of some units of a block.
static void add_bias_rows(float *d_bias, const block_matrix *d_blocks, size_t block, range rows, unit_share units) {
  for (size_t j = 0; j < units.count; j += LANES) {
    const size_t unit = units.first + j, valid = minimum(LANES, units.count - j);
    vfloat sums = rows.first ? load_first(d_bias + unit, valid) : splat(0);
    for (size_t row = rows.first; row < rows.last; row++) sums += load(block_vector(d_blocks, row, block, unit));
    store_first(d_bias + unit, sums, valid);
  }
}

/// Adds some rows of a block's gradients to the sums of their distinct inputs, which begin with row 0.
static void add_to_distinct(const mynah_scan_backward *s, const block_matrix *sums, const block_matrix *d_blocks,
                            size_t block, range rows, unit_share units) {
  const size_t width = units.kept_vectors * LANES;
  const range all = {0, sums->rows};
  if (rows.first == 0)
    EACH_VECTOR(all, width, row, j) store(block_vector(sums, row, block, units.first + j), splat(0));
  EACH_VECTOR(rows, width, row, j)
    add_to(block_vector(sums, (size_t)s->forward.x_rows[row], block, units.first + j),
           load(block_vector(d_blocks, row, block, units.first + j)));
}

/// Adds one chunk of rows; each worker owns the rows of its units.
static void scan_weights_chunk(const mynah_scan_backward *s, const mynah_worker *worker, size_t row0, size_t count,
                               const gradient_factor *x, const gradient_factor *h, const gradient_factor *m,
                               const block_matrix *distinct) {
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const mynah_cell_traits *cell = cell_traits(sizes->cell);
  const size_t hidden = sizes->hidden, output = sizes->output, added = cell->added_blocks;
  const unit_share units = units_of(hidden, worker), outputs = units_of(output, worker);
  const block_matrix d_blocks = blocks_at(s->d_gates, sizes);
  for (size_t block = 0; block < summed_blocks(cell); block++) {
    product products[2];
    const range rows = {row0, row0 + count};
    size_t n = 0, r = block < added ? block : block + added - cell->input_blocks;
    if (block >= cell->input_blocks) {
      if (s->d_bias_hh) add_bias_rows(s->d_bias_hh + r * hidden, &d_blocks, block, rows, units);
    } else if (sizes->distinct) {
      add_to_distinct(s, distinct, &d_blocks, block, rows, units);
    } else {
      add_bias_rows(s->d_bias_ih + block * hidden, &d_blocks, block, rows, units);
      products[n++] = gradient_product(s->d_weight_ih + (block * hidden + units.first) * sizes->input, row0, x);
    }
    if (block < added || block >= cell->input_blocks) {
      const gradient_factor *factor = r < cell->recurrent_blocks - cell->late_blocks ? h : m;
      products[n++] = gradient_product(s->d_weight_hh + (r * hidden + units.first) * output, row0, factor);
    }
    if (n > 0)
      multiply(block_columns(&d_blocks, row0, block, units.first), units.count, count, products, n,
               (form)s->forward.precision);
  }
  if (cell->has_projection) {
    product d_hr = gradient_product(s->d_weight_hr + outputs.first * hidden, row0, m);
    multiply(columns_of(s->d_projected + row0 * output + outputs.first, output), outputs.count, count, &d_hr, 1,
             (form)s->forward.precision);
  }
}

/// Computes the gradients of W_ih and its biases from those of the distinct inputs' blocks.
static void scan_distinct_weights(const mynah_scan_backward *s, const mynah_worker *worker, const gradient_factor *x,
                                  const block_matrix *distinct) {
  const mynah_scan_sizes *sizes = &s->forward.sizes;
  const size_t hidden = sizes->hidden;
  const unit_share units = units_of(hidden, worker);
  for (size_t block = 0; block < cell_traits(sizes->cell)->input_blocks; block++) {
    add_bias_rows(s->d_bias_ih + block * hidden, distinct, block, (range){0, sizes->distinct}, units);
    product d_w = gradient_product(s->d_weight_ih + (block * hidden + units.first) * sizes->input, 0, x);
    multiply(block_columns(distinct, 0, block, units.first), units.count, sizes->distinct, &d_w, 1,
             (form)s->forward.precision);
  }
}

static void scan_weights_backward(const mynah_scan_backward *s, const mynah_worker *worker) {
  const mynah_scan_forward *f = &s->forward;
  const mynah_scan_sizes *sizes = &f->sizes;
  const mynah_cell_traits *cell = cell_traits(sizes->cell);
  const size_t rows = sizes->steps * sizes->batch, chunk = gradient_rows(rows);
  const block_matrix distinct = distinct_blocks(aligned(s->workspace), sizes);
  float *packed_x = distinct.base + distinct_size(sizes, cell);
  float *packed_h = packed_x + packed_size(sizes->input, sizes->distinct ? sizes->distinct : chunk);
  float *packed_m = packed_h + (cell->recurrent_blocks ? packed_size(sizes->output, chunk) : 0);
  const gradient_factor x = {packed_x, sizes->input}, h = {packed_h, sizes->output}, m = {packed_m, sizes->hidden};
  const form all = (form)f->precision;
  for (size_t row0 = 0; row0 < rows; row0 += chunk) {
    size_t count = minimum(chunk, rows - row0);
    source_rows of_x = {.base = f->x, .ld = x.width, .skipped = sizes->distinct ? 0 : row0};
    const size_t x_count = sizes->distinct ? sizes->distinct : count;
    source_rows of_h = {.base = f->output, .ld = h.width, .skipped = row0};
    of_h.before = f->h0, of_h.before_count = sizes->batch;
    source_rows of_m = {.base = f->intermediate, .ld = m.width, .skipped = row0};
    if (!sizes->distinct || row0 == 0)
      pack(packed_x, of_x, x_count, x.width, share(all_panels(x.width).last, worker), all);
    if (cell->recurrent_blocks) pack(packed_h, of_h, count, h.width, share(all_panels(h.width).last, worker), all);
    if (mynah_has_intermediate(cell))
      pack(packed_m, of_m, count, m.width, share(all_panels(m.width).last, worker), all);
    mynah_worker_wait(worker);  // the factors are complete
    scan_weights_chunk(s, worker, row0, count, &x, &h, &m, &distinct);
    if (sizes->distinct && row0 + count == rows) scan_distinct_weights(s, worker, &x, &distinct);
    mynah_worker_wait(worker);  // their memory is free again
  }
  // Blocks that are added to each other have the same gradient.
  const unit_share units = units_of(sizes->hidden, worker);
  for (size_t block = 0; s->d_bias_hh && block < cell->added_blocks; block++)
    memcpy(s->d_bias_hh + block * sizes->hidden + units.first, s->d_bias_ih + block * sizes->hidden + units.first,
           units.count * sizeof(float));
}

static void scan_input_backward(const mynah_scan_backward *s, const mynah_worker *worker) {
  const mynah_scan_forward *f = &s->forward;
  const mynah_scan_sizes *sizes = &f->sizes;
  const mynah_cell_traits *cell = cell_traits(sizes->cell);
  const size_t input = sizes->input, width = block_width(sizes->hidden), k = cell->input_blocks * width;
  float *workspace = aligned(s->workspace), *packed = workspace + distinct_size(sizes, cell);
  const block_matrix d_blocks = sizes->distinct ? distinct_blocks(workspace, sizes) : blocks_at(s->d_gates, sizes);
  const range panels = all_panels(input), rows = share(d_blocks.rows, worker);
  float *to = s->d_x + rows.first * input;
  source_rows weights = {.base = f->weight_ih, .ld = input, .group = sizes->hidden, .padded_group = width};
  pack(packed, weights, k, input, share(panels.last, worker), (form)f->precision);
  for (size_t row = rows.first; cell->has_identity_skip && row < rows.last; row++)
    for (size_t j = 0; j < input; j += LANES)
      store_first(s->d_x + row * input + j, load(block_vector(&d_blocks, row, summed_blocks(cell), j)),
                  minimum(LANES, input - j));
  mynah_worker_wait(worker);  // W_ih is complete
  product d_x = {to, input, cell->has_identity_skip ? to : NULL, input, packed, input, panels, false, 0};
  multiply(block_rows(&d_blocks, rows.first, 0), rows.last - rows.first, k, &d_x, 1, (form)f->precision);
}

static void scan_gradients_work(void *context, const mynah_worker *worker) {
  const mynah_scan_backward *s = context;
  scan_weights_backward(s, worker);
  if (s->d_x) scan_input_backward(s, worker);
}

static void scan_gradients(mynah_team *team, const mynah_scan_backward *pass) {
  mynah_team_run(team, scan_gradients_work, (void *)pass);
}
