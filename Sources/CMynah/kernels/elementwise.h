// Reductions in double, the update y += a·x, and sums of gathered rows.

typedef double vdouble __attribute__((vector_size(LANES * 8), may_alias));

/// Each lane sums its own elements in double; the lanes are then added from first to last.
#define REDUCTION(name, term)                                                                             \
  static double name(const float *x, size_t count) {                                                      \
    vdouble sums = {0};                                                                                   \
    for (size_t i = 0; i < count; i += LANES) {                                                           \
      vdouble v = __builtin_convertvector(i + LANES <= count ? load(x + i) : load_first(x + i, count - i), vdouble); \
      sums += term;                                                                                       \
    }                                                                                                     \
    double total = 0;                                                                                     \
    for (int lane = 0; lane < LANES; lane++) total += sums[lane];                                         \
    return total;                                                                                         \
  }
REDUCTION(sum, v)
REDUCTION(sum_of_squares, v *v)
#undef REDUCTION

static void axpy(float *restrict y, const float *restrict x, float a, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, fma_(splat(a), load(x + i), load(y + i)));
  if (i < count)
    store_first(y + i, fma_(splat(a), load_first(x + i, count - i), load_first(y + i, count - i)), count - i);
}

typedef struct {
  float *sums;
  const float *x;
  const int32_t *order;
  const size_t *starts;
  size_t count, width;
} rows_pass;

static void rows_work(void *context, const mynah_worker *worker) {
  const rows_pass *s = context;
  range own = share(s->count, worker);
  for (size_t u = own.first; u < own.last; u++) {
    float *row = s->sums + u * s->width;
    memcpy(row, s->x + (size_t)s->order[s->starts[u]] * s->width, s->width * sizeof(float));
    for (size_t j = s->starts[u] + 1; j < s->starts[u + 1]; j++)
      axpy(row, s->x + (size_t)s->order[j] * s->width, 1, s->width);
  }
}

static void add_rows(mynah_team *team, float *sums, const float *x, const int32_t *order, const size_t *starts,
                     size_t count, size_t width) {
  rows_pass pass = {sums, x, order, starts, count, width};
  bool small = count * width < 1 << 14;  // a barrier of the team costs more than it saves
  mynah_team_run(small ? NULL : team, rows_work, &pass);
}
