// Drawing tokens from logits.

/// The arguments of a draw, for all its rows.
typedef struct {
  int32_t *ids;
  const float *logits;
  size_t rows, count;
  const int32_t *forbidden;
  size_t forbidden_count;
  const float *inverse_temperatures;
  const double *uniforms;
  char *workspace;
} draw_work;

enum { DRAW_BLOCK = 256 };

INLINE size_t draw_blocks(size_t count) { return (count + DRAW_BLOCK - 1) / DRAW_BLOCK; }
/// The bytes of a worker's workspace: the sums of the blocks, and a row of logits without the forbidden tokens.
INLINE size_t draw_bytes_of_worker(size_t count) {
  return up_to_line(draw_blocks(count) * sizeof(double)) + up_to_line(count * sizeof(float));
}

/// Computes the weights of up to DRAW_BLOCK tokens and returns their sum.
INLINE double block_weights(float *weights, const float *logits, size_t count, float maximum,
                            float inverse_temperature) {
  vfloat sums = {0};
  for (size_t i = 0; i < count; i += LANES) {
    size_t valid = minimum(LANES, count - i);
    vfloat weight = vexp_or_zero((load_first(logits + i, valid) - maximum) * inverse_temperature);
    if (valid < LANES) {
      store_first(weights + i, weight, valid);
      weight = load_first(weights + i, valid);  // nothing beyond the end
    } else {
      store(weights + i, weight);
    }
    sums += weight;
  }
  return sum_of_lanes(sums);
}

/// Draws one token: first its block, then the token in the block.
static int32_t draw_one(const draw_work *s, const float *logits, float inverse_temperature, double uniform,
                        double *sums) {
  const size_t count = s->count, blocks = draw_blocks(count);
  const float maximum = largest_of(logits, count);
  if (!(maximum > -INFINITY)) return -1;
  if (inverse_temperature == INFINITY) {
    int32_t first = 0;
    while (logits[first] != maximum) first++;
    return first;
  }
  float weights[DRAW_BLOCK];
#define WEIGHTS(block)                                                                                              \
  block_weights(weights, logits + (block)*DRAW_BLOCK, minimum(DRAW_BLOCK, count - (block)*DRAW_BLOCK), maximum, \
                inverse_temperature)
  double total = 0;
  size_t last = 0;  // the last block with a possible token
  for (size_t block = 0; block < blocks; block++) {
    sums[block] = WEIGHTS(block);
    total += sums[block];
    if (sums[block] > 0) last = block;
  }
  double rest = uniform * total;
  size_t block = 0;
  for (; block < last && rest >= sums[block]; block++) rest -= sums[block];
  // Due to rounding, `rest` may exceed all weights: then the last possible token is chosen.
  int32_t chosen = -1;
  WEIGHTS(block);
  for (size_t i = 0; i < minimum(DRAW_BLOCK, count - block * DRAW_BLOCK); i++)
    if (weights[i] > 0) {
      chosen = (int32_t)(block * DRAW_BLOCK + i);
      if (rest < weights[i]) break;
      rest -= weights[i];
    }
#undef WEIGHTS
  return chosen;
}

static size_t draw_bytes(size_t count, size_t threads) { return threads * draw_bytes_of_worker(count); }

static void draw_rows(void *context, const mynah_worker *worker) {
  const draw_work *s = context;
  char *memory = s->workspace + (size_t)worker->thread * draw_bytes_of_worker(s->count);
  double *sums = (double *)(void *)memory;
  float *allowed = (float *)(void *)(memory + up_to_line(draw_blocks(s->count) * sizeof(double)));
  range own = share(s->rows, worker);
  for (size_t r = own.first; r < own.last; r++) {
    const float *logits = s->logits + r * s->count;
    if (s->forbidden_count) {
      memcpy(allowed, logits, s->count * sizeof(float));
      for (size_t i = 0; i < s->forbidden_count; i++)
        if (s->forbidden[i] >= 0 && (size_t)s->forbidden[i] < s->count) allowed[s->forbidden[i]] = -INFINITY;
      logits = allowed;
    }
    s->ids[r] = draw_one(s, logits, s->inverse_temperatures[r], s->uniforms[r], sums);
  }
}

static void draw(mynah_team *team, int32_t *ids, const float *logits, size_t rows, size_t count,
                 const int32_t *forbidden, size_t forbidden_count, const float *inverse_temperatures,
                 const double *uniforms, void *workspace) {
  draw_work s = {ids, logits, rows, count, forbidden, forbidden_count, inverse_temperatures, uniforms, workspace};
  mynah_team_run(rows == 1 ? NULL : team, draw_rows, &s);
}
