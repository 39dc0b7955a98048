// The general matrix product: B is packed inside the call, or once for many calls.

typedef struct {
  float *c;
  const float *a, *b;
  float *packed;
  size_t m, n, k;
  bool a_transposed, b_transposed, accumulate;
  form form;
} gemm_pass;

static void pack_share(const gemm_pass *g, range panels) {
  if (g->b_transposed) pack_transposed(g->packed, g->b, g->k, g->k, g->n, panels, g->form);
  else pack(g->packed, plain_rows(g->b, g->n), g->k, g->n, panels, g->form);
}

// The panels of a group: many, because A is gathered again for each group, but so few that they stay in a cache.
enum { GROUP_PANELS = TILE_LANES < 64 ? 512 / TILE_LANES : 16 };

/// Computes the columns of C for some panels. The panels of a group are treated as a separate matrix: some columns of
/// B. All groups are packed to the same memory, which stays in a cache (Zen 3 with AVX2, two threads, median GFLOP/s
/// without and with: 400 × 10016 × 200 86 and 130, 1200 × 10016 × 128 102 and 135).
static void gemm_by_groups(const gemm_pass *g, range panels) {
  float *packed = g->packed + packed_size(panel_start(g->n, panels.first), g->k);
  for (size_t p = panels.first, next; p < panels.last; p = next) {
    next = minimum(p + GROUP_PANELS, panels.last);
    range columns = {panel_start(g->n, p), minimum(g->n, panel_start(g->n, next))};
    size_t n = columns.last - columns.first;
    float *c = g->c + columns.first;
    for (size_t k0 = 0, k; k0 == 0 || k0 < g->k; k0 += k) {
      k = minimum(g->k - k0, K_BLOCK);
      if (g->b_transposed)
        pack_transposed(packed, g->b + columns.first * g->k + k0, g->k, k, n, all_panels(n), g->form);
      else pack(packed, plain_rows(g->b + k0 * g->n + columns.first, g->n), k, n, all_panels(n), g->form);
      product of_group = {c, g->n, g->accumulate || k0 ? c : NULL, g->n, packed, n, all_panels(n), false, 0};
      operand a = g->a_transposed ? columns_of(g->a + k0 * g->m, g->m) : rows_of(g->a + k0, g->k);
      multiply(a, g->m, k, &of_group, 1, g->form);
      if (k == 0) break;
    }
  }
}

/// If there are many panels, they are divided among the workers: each packs a few at a time, for one block of k at a
/// time, and multiplies while they are in cache. Otherwise all workers pack together, wait for each other, and divide
/// the rows.
static void gemm_work(void *context, const mynah_worker *worker) {
  const gemm_pass *g = context;
  range panels = all_panels(g->n), own = share(panels.last, worker), rows = {0, g->m};
  bool by_columns = g->n >= g->m && panels.last >= 4 * (size_t)worker->count;
  if (by_columns && g->b) {
    gemm_by_groups(g, own);
    return;
  }
  if (g->b) pack_share(g, own);
  if (!by_columns) {
    if (g->b) mynah_worker_wait(worker);
    own = panels;
    rows = share(g->m, worker);
  }
  operand a = g->a_transposed ? columns_of(g->a + rows.first, g->m) : rows_of(g->a + rows.first * g->k, g->k);
  float *c = g->c + rows.first * g->n;
  product p = {c, g->n, g->accumulate ? c : NULL, g->n, g->packed, g->n, own, false, 0};
  multiply(a, rows.last - rows.first, g->k, &p, 1, g->form);
}

/// Returns NULL if there is so little work that a barrier of the team costs more than it saves.
static mynah_team *team_for(mynah_team *team, const gemm_pass *g) { return g->m * g->n * g->k < 1 << 15 ? NULL : team; }

static size_t gemm_workspace(size_t m, size_t n, size_t k) {
  (void)m;
  return packed_size(n, k) + ALIGNMENT;
}

static void gemm(mynah_team *team, float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                 bool a_transposed, bool b_transposed, bool accumulate, mynah_precision precision, float *workspace) {
  if (m == 0 || n == 0) return;
  gemm_pass pass = {
      c, a, b, aligned(workspace), m, n, k, a_transposed, b_transposed, accumulate, form_for(precision, m)};
  mynah_team_run(team_for(team, &pass), gemm_work, &pass);
}

static void gemm_pack_work(void *context, const mynah_worker *worker) {
  const gemm_pass *g = context;
  pack_share(g, share(all_panels(g->n).last, worker));
}

static void gemm_pack(mynah_team *team, float *packed, const float *b, size_t m, size_t n, size_t k, bool b_transposed,
                      mynah_precision precision) {
  gemm_pass pass = {.b = b, .packed = aligned(packed), .m = m, .n = n, .k = k, .b_transposed = b_transposed,
                    .form = form_for(precision, m)};
  mynah_team_run(team_for(team, &pass), gemm_pack_work, &pass);
}

static void gemm_packed(mynah_team *team, float *c, const float *a, float *packed, size_t m, size_t n, size_t k,
                        bool accumulate, mynah_precision precision) {
  if (m == 0 || n == 0) return;
  gemm_pass pass = {.c = c, .a = a, .packed = aligned(packed), .m = m, .n = n, .k = k, .accumulate = accumulate,
                    .form = form_for(precision, m)};
  mynah_team_run(team_for(team, &pass), gemm_work, &pass);
}
