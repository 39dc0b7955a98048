// The general matrix product: B is packed inside the call.

typedef struct {
  float *c;
  const float *a, *b;
  size_t m, n, k;
  bool a_transposed, b_transposed, accumulate;
  mynah_precision precision;
  float *workspace;
} gemm_pass;

/// Each worker packs its share of the panels. If there are many, it multiplies with just those; else the rows are split.
static void gemm_work(void *context, const mynah_worker *worker) {
  const gemm_pass *g = context;
  range panels = all_panels(g->n), own = share(panels.last, worker), rows = {0, g->m};
  if (g->b_transposed) pack_transposed(aligned(g->workspace), g->b, g->k, g->k, g->n, own, g->precision);
  else pack(aligned(g->workspace), plain_rows(g->b, g->n), g->k, g->n, own, g->precision);
  bool by_columns = g->n >= g->m && panels.last >= 4 * (size_t)worker->count;
  if (!by_columns) {
    mynah_worker_wait(worker);
    own = panels;
    rows = share(g->m, worker);
  }
  operand a = g->a_transposed ? columns_of(g->a + rows.first, g->m) : rows_of(g->a + rows.first * g->k, g->k);
  float *c = g->c + rows.first * g->n;
  product p = {c, g->n, g->accumulate ? c : NULL, g->n, aligned(g->workspace), g->n, own, false};
  multiply(a, rows.last - rows.first, g->k, &p, 1, g->precision);
}

static size_t gemm_workspace(size_t m, size_t n, size_t k) {
  (void)m;
  return packed_size(n, k) + ALIGNMENT;
}

static void gemm(mynah_team *team, float *c, const float *a, const float *b, size_t m, size_t n, size_t k, bool a_transposed,
                 bool b_transposed, bool accumulate, mynah_precision precision, float *workspace) {
  if (m == 0 || n == 0) return;
  gemm_pass pass = {c, a, b, m, n, k, a_transposed, b_transposed, accumulate, precision, workspace};
  bool small = m * n * k < 1 << 15;  // a meeting of the team costs more than it saves
  mynah_team_run(small ? NULL : team, gemm_work, &pass);
}
