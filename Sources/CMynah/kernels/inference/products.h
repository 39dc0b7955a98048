// Products of many rows with packed weights, on their own and for a layer's table of inputs.

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
  panel_walk walk = walk_of(m, rows);
  const size_t tiles = row_tile_count(&walk, rows);
  float sums[MOST_TILE_ROWS * WIDTH], first[WIDTH];
  for (size_t i = 0; i < own.last - own.first; i++) {
    size_t p = panel_at(own, reversed, i), next = panel_at(own, reversed, i + 1), column = p * WIDTH;
    size_t valid = minimum(WIDTH, m->rows - column);
    memset(first, 0, sizeof first);
    if (start) memcpy(first, start + column, valid * sizeof(float));
    for (size_t t = 0; t < tiles; t++) {
      range r = row_tile(rows, tiles, t);
      multiply_panel(&walk, p, next, t, r.last - r.first, sums, WIDTH, first, 0, rows_from(x, r.first));
      for (size_t j = r.first; j < r.last; j++)
        memcpy(y + j * stride + column, sums + (j - r.first) * WIDTH, valid * sizeof(float));
    }
  }
  end_walk(&walk);
}

static size_t multiply_packed_bytes(const mynah_packed *matrix, size_t batch) {
  return rounded_bytes(batch, rounded_row_bytes(matrix));
}

/// Rounds rows of x, each only once for all workers, because there may be many rows.
static tile_rows rows_for_all(const mynah_packed *m, const float *x, size_t rows, void *workspace,
                              const mynah_worker *worker) {
  rounded_rows memory = rounded_at(workspace, rows, rounded_row_bytes(m), 0);
  round_rows(m, x, m->columns, share(rows, worker), memory);
  mynah_worker_wait(worker);
  return rounded_rows_of(m, x, m->columns, memory);
}

static void multiply_packed_work(void *context, const mynah_worker *worker) {
  const packed_product *s = context;
  const mynah_packed *m = s->matrix;
  tile_rows x = rows_for_all(m, s->x, s->batch, s->workspace, worker);
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
  panel_walk walk = walk_of(m, rows);
  const size_t tiles = row_tile_count(&walk, rows);
  for (size_t p = own.first; p < own.last; p++) {
    float start[MOST_PANEL_LANES] = {0};
    for (size_t u = 0, unit = p * units * LANES; u < units && unit < hidden; u++, unit += LANES)
      for (size_t block = 0; block < blocks; block++)
        store(start + (u * blocks + block) * LANES,
              load_first(bias + block * hidden + unit, minimum(LANES, hidden - unit)));
    for (size_t t = 0; t < tiles; t++) {
      range r = row_tile(rows, tiles, t);
      multiply_panel(&walk, p, p + 1 < own.last ? p + 1 : p, t, r.last - r.first, to + r.first * width + p * lanes,
                     width, start, 0, rows_from(x, r.first));
    }
  }
  end_walk(&walk);
}

typedef struct {
  float *table;
  const float *bias, *x;
  const mynah_packed *matrix;
  size_t rows;
  void *workspace;
} tabulation;

static size_t tabulate_bytes(const mynah_packed *matrix, size_t rows) {
  return rounded_bytes(rows, rounded_row_bytes(matrix));
}

static void tabulate_work(void *context, const mynah_worker *worker) {
  const tabulation *s = context;
  const mynah_packed *m = s->matrix;
  tile_rows x = rows_for_all(m, s->x, s->rows, s->workspace, worker);
  project(m, share(panels_of(m), worker), s->rows, s->table, s->bias, x);
}

static void tabulate(mynah_team *team, float *table, const float *bias, const float *x, const mynah_packed *matrix,
                     size_t rows, void *workspace) {
  tabulation s = {table, bias, x, matrix, rows, workspace};
  mynah_team_run(team, tabulate_work, &s);
}
