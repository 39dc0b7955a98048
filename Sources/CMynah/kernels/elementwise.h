// Reductions in double, the update y += a·x, and sums of gathered rows.

typedef double vdouble __attribute__((vector_size(LANES * 8), may_alias));

/// Each lane sums its own elements in double; lanes are then added from the first to the last.
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
  if (i < count) store_first(y + i, fma_(splat(a), load_first(x + i, count - i), load_first(y + i, count - i)), count - i);
}

static void add_rows(float *restrict sums, const float *restrict x, const int32_t *order, const size_t *starts, size_t first,
                     size_t last, size_t width) {
  for (size_t u = first; u < last; u++) {
    float *row = sums + u * width;
    memcpy(row, x + (size_t)order[starts[u]] * width, width * sizeof(float));
    for (size_t j = starts[u] + 1; j < starts[u + 1]; j++) axpy(row, x + (size_t)order[j] * width, 1, width);
  }
}
