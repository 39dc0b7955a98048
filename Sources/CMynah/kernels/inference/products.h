// Products of many rows with packed weights, by themselves and as a layer's table of inputs.

INLINE size_t up_to_line(size_t bytes) { return (bytes + 63) / 64 * 64; }
INLINE size_t q_stride_of(size_t columns) { return (columns + 3) / 4 * 4; }

/// A worker's own rounded rows of x: bytes and scales, which no other thread reads.
typedef struct {
  uint8_t *q;
  float *scales;
} rounded_rows;

INLINE size_t rounded_bytes(size_t rows, size_t columns) {
  return up_to_line(rows * q_stride_of(columns)) + up_to_line(rows * sizeof(float));
}

INLINE rounded_rows rounded_at(void *memory, size_t rows, size_t columns, size_t worker) {
  char *own = (char *)memory + worker * rounded_bytes(rows, columns);
  return (rounded_rows){(uint8_t *)own, (float *)(void *)(own + up_to_line(rows * q_stride_of(columns)))};
}

/// Rows of x in the form that products with a matrix read: quantised if its weights are int8. Each worker quantises all
/// rows for itself: for few rows this costs less than a barrier, for many it is negligible beside the product.
INLINE tile_rows rows_for(const mynah_packed *m, const float *x, size_t stride, size_t rows, rounded_rows memory) {
  tile_rows result = {.x = x, .stride = stride};
  if (m->kind != MYNAH_WEIGHTS_INT8) return result;
  result.q = memory.q, result.q_stride = q_stride_of(m->columns), result.scales = memory.scales;
  for (size_t r = 0; r < rows; r++)
    memory.scales[r] = quantize_offset(memory.q + r * result.q_stride, x + r * stride, m->columns);
  return result;
}

// MARK: A product by itself

typedef struct {
  float *y;
  const float *start, *x;
  const mynah_packed *matrix;
  size_t batch;
  void *workspace;
} packed_product;

/// A worker's panel number `index`, counted forwards or backwards; past the end, the last one.
INLINE size_t panel_at(range own, bool reversed, size_t index) {
  size_t last = own.last - own.first - 1, i = index < last ? index : last;
  return reversed ? own.last - 1 - i : own.first + i;
}

/// Panels [own) of y[rows, N] = start + x·Wᵀ, of a matrix of one block; the rows of y are `stride` apart.
static void multiply_own_panels(const mynah_packed *m, range own, bool reversed, size_t rows, float *y, size_t stride,
                                const float *start, tile_rows x) {
  enum { WIDTH = MOST_PANEL_LANES };
  const panel_walk walk = walk_of(m);
  float sums[MOST_ROWS * WIDTH], first[WIDTH];
  for (size_t i = 0; i < own.last - own.first; i++) {
    size_t p = panel_at(own, reversed, i), next = panel_at(own, reversed, i + 1), column = p * WIDTH;
    size_t valid = minimum(WIDTH, m->rows - column);
    memset(first, 0, sizeof first);
    if (start) memcpy(first, start + column, valid * sizeof(float));
    for (size_t t = 0; t < row_tile_count(rows); t++) {
      range r = row_tile(rows, t);
      multiply_panel(&walk, p, next, t, r.last - r.first, sums, WIDTH, first, 0, rows_from(x, r.first));
      for (size_t j = r.first; j < r.last; j++)
        memcpy(y + j * stride + column, sums + (j - r.first) * WIDTH, valid * sizeof(float));
    }
  }
}

static size_t multiply_packed_bytes(const mynah_packed *matrix, size_t batch) {
  // Rounded once for all threads, since there may be any number of rows.
  return rounded_bytes(batch, matrix->columns);
}

static void multiply_packed_work(void *context, const mynah_worker *worker) {
  const packed_product *s = context;
  const mynah_packed *m = s->matrix;
  rounded_rows memory = rounded_at(s->workspace, s->batch, m->columns, 0);
  tile_rows x = {.x = s->x, .stride = m->columns};
  if (m->kind == MYNAH_WEIGHTS_INT8) {
    range own = share(s->batch, worker);
    x.q = memory.q, x.q_stride = q_stride_of(m->columns), x.scales = memory.scales;
    for (size_t r = own.first; r < own.last; r++)
      memory.scales[r] = quantize_offset(memory.q + r * x.q_stride, s->x + r * m->columns, m->columns);
    mynah_worker_wait(worker);
  }
  multiply_own_panels(m, share(panels_of(m), worker), false, s->batch, s->y, m->rows, s->start, x);
}

static void multiply_packed(mynah_team *team, float *y, const float *start, const float *x, const mynah_packed *matrix,
                            size_t batch, void *workspace) {
  packed_product s = {y, start, x, matrix, batch, workspace};
  mynah_team_run(team, multiply_packed_work, &s);
}

// MARK: A layer's projected inputs

static size_t table_width(const mynah_packed *m) { return panels_of(m) * panel_lanes(m); }

/// Panels [own) of to[rows][panel][panel's lanes] = bias + x·W_ihᵀ.
static void project(const mynah_packed *m, range own, size_t rows, float *to, const float *bias, tile_rows x) {
  const size_t blocks = blocks_in(m), units = units_in_panel(blocks), hidden = m->rows / blocks;
  const size_t width = table_width(m), lanes = panel_lanes(m);
  const panel_walk walk = walk_of(m);
  for (size_t p = own.first; p < own.last; p++) {
    float start[MOST_PANEL_LANES] = {0};
    for (size_t u = 0, unit = p * units * LANES; u < units && unit < hidden; u++, unit += LANES)
      for (size_t block = 0; block < blocks; block++)
        store(start + (u * blocks + block) * LANES,
              load_first(bias + block * hidden + unit, minimum(LANES, hidden - unit)));
    for (size_t t = 0; t < row_tile_count(rows); t++) {
      range r = row_tile(rows, t);
      multiply_panel(&walk, p, p + 1 < own.last ? p + 1 : p, t, r.last - r.first, to + r.first * width + p * lanes,
                     width, start, 0, rows_from(x, r.first));
    }
  }
}

typedef struct {
  float *table;
  const float *bias, *x;
  const mynah_packed *matrix;
  size_t rows;
  void *workspace;
} tabulation;

static size_t tabulate_bytes(const mynah_packed *matrix, size_t rows) { return rounded_bytes(rows, matrix->columns); }

static void tabulate_work(void *context, const mynah_worker *worker) {
  const tabulation *s = context;
  const mynah_packed *m = s->matrix;
  tile_rows x = {.x = s->x, .stride = m->columns};
  // One copy for all threads, since a table may have any number of rows.
  if (worker->thread == 0) x = rows_for(m, s->x, m->columns, s->rows, rounded_at(s->workspace, s->rows, m->columns, 0));
  mynah_worker_wait(worker);
  rounded_rows memory = rounded_at(s->workspace, s->rows, m->columns, 0);
  if (m->kind == MYNAH_WEIGHTS_INT8) x.q = memory.q, x.q_stride = q_stride_of(m->columns), x.scales = memory.scales;
  project(m, share(panels_of(m), worker), s->rows, s->table, s->bias, x);
}

static void tabulate(mynah_team *team, float *table, const float *bias, const float *x, const mynah_packed *matrix,
                     size_t rows, void *workspace) {
  tabulation s = {table, bias, x, matrix, rows, workspace};
  mynah_team_run(team, tabulate_work, &s);
}
