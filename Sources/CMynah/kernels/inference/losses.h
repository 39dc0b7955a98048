// Losses of many rows against packed output weights: one part of the vocabulary at a time, so that its logits stay in
// the L1 cache.
//
// Each part computes its own maximum m_p and Σ e^{l − m_p}; then loss = log Σ_p e^{m_p} Σ_p − l[target], in double.

/// Computes the maxima and sums of one part of the vocabulary for a few rows.
static void part_losses(const advance_work *w, panel_walk *walk, size_t part, range rows, tile_rows x) {
  const mynah_inference_pass *s = w->pass;
  const size_t total = s->steps * s->batch, first = part * PART_LANES;
  const size_t valid = minimum(PART_LANES, s->vocabulary - first);
  const size_t vectors = vectors_of(valid), panels = (valid + MOST_PANEL_LANES - 1) / MOST_PANEL_LANES;
  float logits[MOST_TILE_ROWS][PART_LANES], bias[PART_LANES];
  for (size_t j = 0; j < panels * MOST_PANEL_LANES; j++)
    bias[j] = j < valid ? s->output_bias[first + j] : -1e30f;  // padding: e^l = 0
  for (size_t p = 0; p < panels; p++)
    multiply_panel(walk, part * PART_PANELS + p, part * PART_PANELS + p, 0, rows.last - rows.first,
                   logits[0] + p * MOST_PANEL_LANES, PART_LANES, bias + p * MOST_PANEL_LANES, 0,
                   rows_from(x, rows.first));
  for (size_t r = rows.first; r < rows.last; r++) {
    const float *row = logits[r - rows.first];
    const float maximum = largest_of(row, vectors * LANES);
    vfloat sums = {0};
    for (size_t v = 0; v < vectors; v++) sums += vexp_or_zero(load(row + v * LANES) - maximum);
    w->maxima[part * total + r] = maximum;
    w->sums[part * total + r] = (float)sum_of_lanes(sums);
    size_t target = (size_t)s->targets[r];
    if (target >= first && target < first + valid) w->target_logits[r] = row[target - first];
  }
}

static void losses(const advance_work *w, tile_rows x, const mynah_worker *worker) {
  const mynah_inference_pass *s = w->pass;
  const size_t total = s->steps * s->batch, parts = output_parts(s->vocabulary);
  panel_walk walk = walk_of(&s->output, total);
  const size_t tiles = row_tile_count(&walk, total);
  range own = share(parts * tiles, worker);  // a part's panels serve all rows before the next part's
  for (size_t item = own.first; item < own.last; item++)
    part_losses(w, &walk, item / tiles, row_tile(total, tiles, item % tiles), x);
  end_walk(&walk);
  mynah_worker_wait(worker);
  range rows = share(total, worker);
  for (size_t r = rows.first; r < rows.last; r++) {
    double m = w->maxima[r], z = 0;
    for (size_t p = 1; p < parts; p++) m = w->maxima[p * total + r] > m ? w->maxima[p * total + r] : m;
    for (size_t p = 0; p < parts; p++) z += w->sums[p * total + r] * exp(w->maxima[p * total + r] - m);
    double nats = m + log(z) - w->target_logits[r];
    s->row_losses[r] = nats < 0 ? 0 : nats;  // logits are rounded; NaN stays
  }
}
