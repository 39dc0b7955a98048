// The gradients' norm and the optimisers' updates: one piece of work covers all parameters, divided into blocks of a
// fixed size.
//
//   gradient descent   w ← w − rate·scale·g
//   Adam               g' = scale·g    m ← m + (1 − β₁)(g' − m)    v ← β₂ v + (1 − β₂) g'²
//                      w ← keep·w − rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
//
// Adam: D. Kingma, J. Ba 2015, in the form that PyTorch computes. A row that is not in a sparse gradient has gradient
// 0: gradient descent does not change it, while Adam decays its moments and updates it. With β₁ = 0, m is the gradient
// and is not stored.

enum { UPDATE_BLOCK = mynah_update_block };  // elements; two of Adam's arrays of this size fit in the L1 cache

/// The number of a parameter's elements that some work covers: those of the gradient, or those of the weights.
typedef size_t (*update_size)(const mynah_parameter *p);
INLINE size_t gradient_size(const mynah_parameter *p) {
  return (p->stored_rows ? p->stored_count : p->rows) * p->width;
}
INLINE size_t weights_size(const mynah_parameter *p) { return p->rows * p->width; }
INLINE size_t blocks_of(size_t count) { return (count + UPDATE_BLOCK - 1) / UPDATE_BLOCK; }

typedef struct update_pass {
  const mynah_parameter *parameters;
  size_t count;
  double *sums;  // one per block
  float rate;
  const mynah_adam *adam;
} update_pass;

INLINE size_t total_blocks(const update_pass *s, update_size size) {
  size_t blocks = 0;
  for (size_t i = 0; i < s->count; i++) blocks += blocks_of(size(&s->parameters[i]));
  return blocks;
}

/// Calls `body` for each block of a worker's share, with the parameter, the range of elements and the index of the
/// block.
#define FOR_OWN_BLOCKS(s, worker, size, body)                                                 \
  do {                                                                                        \
    range own = share(total_blocks(s, size), worker);                                         \
    size_t before = 0;                                                                        \
    for (size_t i = 0; i < (s)->count && before < own.last; i++) {                            \
      const mynah_parameter *p = &(s)->parameters[i];                                         \
      size_t size_of = size(p), blocks = blocks_of(size_of);                                  \
      size_t block = own.first > before ? own.first - before : 0;                             \
      for (; block < blocks && before + block < own.last; block++) {                          \
        size_t first = block * UPDATE_BLOCK, last = minimum(size_of, first + UPDATE_BLOCK);   \
        body(s, p, first, last, before + block);                                              \
      }                                                                                       \
      before += blocks;                                                                       \
    }                                                                                         \
  } while (0)

// MARK: The norm

// The norm's blocks are whole rows of the weights, even if the gradient is sparse, so the sums for some of the rows are
// identical wherever they are computed.
INLINE size_t rows_of_block(const mynah_parameter *p) {
  return p->width < UPDATE_BLOCK ? UPDATE_BLOCK / (p->width ? p->width : 1) : 1;
}
INLINE size_t norm_blocks_of(const mynah_parameter *p) {
  return (p->rows + rows_of_block(p) - 1) / rows_of_block(p);
}

/// The index of the first stored row that is not below `row`.
INLINE size_t first_stored(const mynah_parameter *p, size_t row) {
  if (!p->stored_rows) return row;
  size_t low = 0, high = p->stored_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if ((size_t)p->stored_rows[middle] < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

static size_t norm_workspace(const mynah_parameter *parameters, size_t count) {
  size_t blocks = 0;
  for (size_t i = 0; i < count; i++) blocks += norm_blocks_of(&parameters[i]);
  return blocks;
}

static void norm_work(void *context, const mynah_worker *worker) {
  const update_pass *s = context;
  range own = share(norm_workspace(s->parameters, s->count), worker);
  size_t before = 0;
  for (size_t i = 0; i < s->count && before < own.last; i++) {
    const mynah_parameter *p = &s->parameters[i];
    size_t rows = rows_of_block(p), blocks = norm_blocks_of(p);
    for (size_t block = own.first > before ? own.first - before : 0; block < blocks && before + block < own.last;
         block++) {
      size_t first = first_stored(p, block * rows), last = first_stored(p, minimum(p->rows, (block + 1) * rows));
      s->sums[before + block] = sum_of_squares(p->gradient + first * p->width, (last - first) * p->width);
    }
    before += blocks;
  }
}

/// Σ g² over all gradients, in double.
static double squared_norm(mynah_team *team, const mynah_parameter *parameters, size_t count, double *workspace) {
  update_pass s = {.parameters = parameters, .count = count, .sums = workspace};
  size_t blocks = norm_workspace(parameters, count);
  mynah_team_run(blocks < 2 ? NULL : team, norm_work, &s);
  double total = 0;
  for (size_t block = 0; block < blocks; block++) total += workspace[block];
  return total;
}

// MARK: Gradient descent

INLINE void descent_block(const update_pass *s, const mynah_parameter *p, size_t first, size_t last, size_t block) {
  (void)block;
  if (!p->stored_rows) {
    axpy(p->weights + first, p->gradient + first, -s->rate, last - first);
    return;
  }
  for (size_t from = first, to; from < last; from = to) {
    size_t row = from / p->width;
    to = minimum(last, (row + 1) * p->width);
    axpy(p->weights + (size_t)p->stored_rows[row] * p->width + from % p->width, p->gradient + from, -s->rate,
         to - from);
  }
}

static void descent_work(void *context, const mynah_worker *worker) {
  const update_pass *s = context;
  FOR_OWN_BLOCKS(s, worker, gradient_size, descent_block);
}

static void descend(mynah_team *team, const mynah_parameter *parameters, size_t count, float rate) {
  update_pass s = {.parameters = parameters, .count = count, .rate = rate};
  mynah_team_run(total_blocks(&s, gradient_size) < 2 ? NULL : team, descent_work, &s);
}

// MARK: Adam

typedef struct {
  vfloat weight, first, second;
} adam_numbers;

INLINE adam_numbers adam_vector(const mynah_adam *s, adam_numbers x, vfloat gradient, bool has_first) {
  vfloat g = gradient * s->scale;
  x.first = has_first ? fma_(splat(1 - s->beta1), g - x.first, x.first) : g;
  x.second = fma_(g * (1 - s->beta2), g, x.second * s->beta2);
  vfloat root = __builtin_elementwise_sqrt(x.second);
  x.weight = x.weight * s->keep - x.first * s->rate / fma_(root, splat(s->root_scale), splat(s->epsilon));
  return x;
}

/// Updates `count` elements; `first` is used if `has_first`, which is a constant. A NULL gradient means zeros.
INLINE void adam_elements(const mynah_adam *s, float *weights, float *first, float *second, const float *gradient,
                          size_t count, bool has_first) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    adam_numbers x = {load(weights + i), has_first ? load(first + i) : splat(0), load(second + i)};
    x = adam_vector(s, x, gradient ? load(gradient + i) : splat(0), has_first);
    store(weights + i, x.weight), store(second + i, x.second);
    if (has_first) store(first + i, x.first);
  }
  if (i == count) return;
  size_t rest = count - i;
  adam_numbers x = {load_first(weights + i, rest), has_first ? load_first(first + i, rest) : splat(0),
                    load_first(second + i, rest)};
  x = adam_vector(s, x, gradient ? load_first(gradient + i, rest) : splat(0), has_first);
  store_first(weights + i, x.weight, rest), store_first(second + i, x.second, rest);
  if (has_first) store_first(first + i, x.first, rest);
}

/// Updates `count` elements of a parameter from `at` on; a NULL gradient means zeros.
INLINE void adam_run(const mynah_adam *s, const mynah_parameter *p, size_t at, const float *gradient, size_t count) {
  float *weights = p->weights + at, *second = p->second_moments + at;
  if (p->first_moments) adam_elements(s, weights, p->first_moments + at, second, gradient, count, true);
  else adam_elements(s, weights, NULL, second, gradient, count, false);
}

INLINE void adam_block(const update_pass *s, const mynah_parameter *p, size_t first, size_t last, size_t block) {
  (void)block;
  if (!p->stored_rows) {
    adam_run(s->adam, p, first, p->gradient + first, last - first);
    return;
  }
  size_t place = first_stored(p, first / p->width);
  for (size_t from = first, to; from < last; from = to) {
    size_t row = from / p->width;
    to = minimum(last, (row + 1) * p->width);
    bool stored = place < p->stored_count && (size_t)p->stored_rows[place] == row;
    adam_run(s->adam, p, from, stored ? p->gradient + place * p->width + from % p->width : NULL, to - from);
    if (stored) place++;
  }
}

static void adam_work(void *context, const mynah_worker *worker) {
  const update_pass *s = context;
  FOR_OWN_BLOCKS(s, worker, weights_size, adam_block);
}

static void adam(mynah_team *team, const mynah_parameter *parameters, size_t count, const mynah_adam *settings) {
  update_pass s = {.parameters = parameters, .count = count, .adam = settings};
  mynah_team_run(total_blocks(&s, weights_size) < 2 ? NULL : team, adam_work, &s);
}
#undef FOR_OWN_BLOCKS
