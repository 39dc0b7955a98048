// Parts of the vocabulary, chunks of rows, and the workspace.

enum { MOST_PARTS = 16, MOST_GROUPS = 8, PART_VECTORS = 512 / LANES };
// The number of rows whose logits are computed at a time, and the maximum numbers of rows, of elements of E and of
// elements of the groups' dh that are stored. Each chunk reads and writes dW once; if there is only one chunk, the
// weights are packed one part at a time. Medians of paired runs with multiply-adds: zaremba-small is 12 % faster in one
// chunk than in four, zaremba-medium 5 % faster than in two; ptb and brown show no difference. Tiles are so fast that
// dW matters more: 6 to 10 % for zaremba-medium.
#if HAS_AMX
enum { BLOCK_ROWS = 128, STRIP_ROWS = 128, MOST_ROWS = 1280, KEPT_NUMBERS = 1 << 23, KEPT_GRADIENTS = 1 << 23 };
#else
enum { BLOCK_ROWS = 120, STRIP_ROWS = BLOCK_ROWS, MOST_ROWS = 720, KEPT_NUMBERS = 1 << 23, KEPT_GRADIENTS = 1 << 23 };
#endif

typedef struct {
  const mynah_cross_entropy *pass;
  size_t parts, groups;      // groups of successive parts, whose dh are added at once
  size_t chunk;              // the maximum number of rows whose E is kept
  bool is_one_chunk;         // then no packed weights are kept: slots are threads, else parts
  bool keeps_pairs;          // E is kept in pairs
  bool keeps_logits;         // E is kept where the logits were computed
  float *packed_transposed;  // [slot]: packed Wᵀ for the logits
  float *packed;             // [slot]: packed W for dh
  float *scaled;             // [slot]: packed h of a chunk, scaled by a_p
  float *bias;               // padded with -1e30, so that padding gets probability 0
  float *e;                  // [part]: E as a kept matrix [chunk rows][part's width], or its rows in pairs
  float *logits;             // [thread]: logits of a block as a kept matrix, unless E takes their place
  float *column_pairs;       // [thread]: E of a block, its columns in pairs
  float *partial;            // [group][chunk rows][Hp]: dh of each group, unscaled
  float *maxima, *sums;      // [part][chunk rows]; maxima of a part and of those before it in its group
  float *row_scale;          // [part][chunk rows]: a_p × the gradient's scale
  double *nats;              // [chunk rows]
} loss_work;

typedef struct {
  size_t first, valid, vectors;  // columns of the vocabulary
} vocabulary_part;

INLINE size_t part_count(size_t vocabulary) {
  size_t parts = vectors_of(vocabulary) / PART_VECTORS;
  return parts < 1 ? 1 : minimum(parts, MOST_PARTS);
}

INLINE size_t group_count(size_t parts) { return minimum(parts, MOST_GROUPS); }
INLINE range group_parts(const loss_work *w, size_t group) {
  return (range){w->parts * group / w->groups, w->parts * (group + 1) / w->groups};
}

INLINE vocabulary_part part_of(size_t vocabulary, size_t parts, size_t p) {
  size_t vectors = vectors_of(vocabulary), first = vectors * p / parts, last = vectors * (p + 1) / parts;
  size_t valid = minimum(vocabulary, last * LANES) - first * LANES;
  return (vocabulary_part){first * LANES, valid, last - first};
}
INLINE size_t widest_part(size_t vocabulary, size_t parts) {
  return (vectors_of(vocabulary) + parts - 1) / parts * LANES;
}

/// Returns the number of rows in a chunk: rows are divided evenly among the minimum number of chunks that the limits
/// above allow, where a chunk may always have BLOCK_ROWS rows.
INLINE size_t chunk_rows(size_t rows, size_t hidden, size_t vocabulary) {
  size_t most = minimum(MOST_ROWS, KEPT_NUMBERS / vocabulary);
  most = minimum(most, KEPT_GRADIENTS / (group_count(part_count(vocabulary)) * padded(hidden)));
  if (most < BLOCK_ROWS) most = BLOCK_ROWS;
  size_t chunks = (rows + most - 1) / most;
  return (rows + chunks - 1) / chunks;
}

/// The maximum number of rows in a block.
INLINE size_t most_block_rows(size_t chunk) { return minimum(chunk, BLOCK_ROWS); }

/// The size of a part's E, of `widest` columns at most.
INLINE size_t e_size(const loss_work *w, size_t widest) {
  return w->keeps_pairs ? row_pairs_size(w->chunk, widest) : kept_size(w->chunk, widest);
}

/// Returns the next `count` floats of a workspace; NULL if only the size is computed.
INLINE float *take(float *workspace, size_t *used, size_t count) {
  float *place = workspace ? workspace + *used : NULL;
  *used += count;
  return place;
}

/// Returns true if workers share the groups of parts, and false if they share the rows because some would have much
/// more than their share of groups.
INLINE bool shares_groups(const loss_work *w, size_t workers) {
  const size_t most = (w->groups + workers - 1) / workers;
  return workers <= w->groups && 4 * most * workers <= 5 * w->groups;
}

/// Lays out the workspace and returns the number of floats used; gradients use none if they are not computed.
INLINE size_t loss_layout(loss_work *w, float *workspace, size_t rows, size_t hidden, size_t vocabulary, bool gradients,
                          mynah_precision precision, size_t threads) {
  size_t parts = part_count(vocabulary), chunk = chunk_rows(rows, hidden, vocabulary), numbers = parts * chunk,
         used = 0;
  size_t widest = widest_part(vocabulary, parts), block = most_block_rows(chunk);
  w->parts = parts, w->groups = group_count(parts), w->chunk = chunk;
  w->keeps_pairs = HAS_DOT && gradients && precision == MYNAH_BFLOAT16;
  w->keeps_logits = gradients && !w->keeps_pairs;
  w->is_one_chunk = shares_groups(w, threads) && rows <= chunk;
  size_t slots = w->is_one_chunk ? threads : parts;
  w->packed_transposed = take(workspace, &used, slots * packed_size(widest, hidden));
  w->packed = take(workspace, &used, gradients ? slots * packed_size(hidden, widest) : 0);
  w->scaled = take(workspace, &used, gradients ? slots * packed_size(hidden, chunk) : 0);
  w->bias = take(workspace, &used, padded(vocabulary));
  w->e = take(workspace, &used, gradients ? parts * e_size(w, widest) : 0);
  w->logits = take(workspace, &used, w->keeps_logits ? 0 : threads * kept_size(block, widest));
  w->column_pairs = take(workspace, &used, w->keeps_pairs ? threads * column_pairs_size(block, widest) : 0);
  w->partial = take(workspace, &used, gradients ? w->groups * chunk * padded(hidden) : 0);
  w->nats = (double *)take(workspace, &used, padded(2 * chunk));
  w->maxima = take(workspace, &used, numbers);
  w->sums = take(workspace, &used, numbers);
  w->row_scale = take(workspace, &used, numbers);
  return used;
}

static size_t cross_entropy_workspace(size_t rows, size_t hidden, size_t vocabulary, bool gradients,
                                      mynah_precision precision, size_t threads) {
  loss_work w = {0};
  // A caller that finds the team busy works alone, and may need more slots: one per part.
  size_t together = loss_layout(&w, NULL, rows, hidden, vocabulary, gradients, precision, threads);
  size_t alone = loss_layout(&w, NULL, rows, hidden, vocabulary, gradients, precision, 1);
  return (together > alone ? together : alone) + ALIGNMENT;
}

INLINE float *part_e(const loss_work *w, size_t p) {
  return w->e + p * e_size(w, widest_part(w->pass->vocabulary, w->parts));
}
INLINE float *thread_column_pairs(const loss_work *w, size_t thread) {
  const size_t widest = widest_part(w->pass->vocabulary, w->parts);
  return w->column_pairs + thread * column_pairs_size(most_block_rows(w->chunk), widest);
}
INLINE float *slot_transposed(const loss_work *w, size_t slot) {
  return w->packed_transposed + slot * packed_size(widest_part(w->pass->vocabulary, w->parts), w->pass->hidden);
}
INLINE float *slot_packed(const loss_work *w, size_t slot) {
  return w->packed + slot * packed_size(w->pass->hidden, widest_part(w->pass->vocabulary, w->parts));
}
