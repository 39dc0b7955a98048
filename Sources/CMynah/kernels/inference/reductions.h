// Reductions of arrays of any length. They process four vectors at a time, because a single chain would wait for each
// comparison.

enum { CHAINS = 4 };

/// The maximum, ignoring NaN; −∞ if there is no other value.
INLINE float largest_of(const float *x, size_t count) {
  vfloat largest[CHAINS];
  for (size_t c = 0; c < CHAINS; c++) largest[c] = splat(-INFINITY);
  size_t i = 0;
  for (; i + CHAINS * LANES <= count; i += CHAINS * LANES)
    for (size_t c = 0; c < CHAINS; c++) {
      vfloat numbers = load(x + i + c * LANES);
      largest[c] = blend(numbers > largest[c], numbers, largest[c]);
    }
  for (; i + LANES <= count; i += LANES) {
    vfloat numbers = load(x + i);
    largest[0] = blend(numbers > largest[0], numbers, largest[0]);
  }
  for (size_t c = 1; c < CHAINS; c++) largest[0] = blend(largest[c] > largest[0], largest[c], largest[0]);
  float result = largest_lane(largest[0]);
  for (; i < count; i++) result = x[i] > result ? x[i] : result;
  return result;
}

typedef struct {
  const float *x;
  size_t count;
  atomic_bool found;
} search;

static void find_not_finite(void *context, const mynah_worker *worker) {
  search *s = context;
  range own = share(s->count, worker);
  if (!(largest_magnitude(s->x + own.first, own.last - own.first) < INFINITY)) atomic_store(&s->found, true);
}

/// Returns true if no element is infinite or NaN.
static bool all_finite(mynah_team *team, const float *x, size_t count) {
  enum { WORTH_A_TEAM = 1 << 16 };
  search s = {.x = x, .count = count, .found = false};
  mynah_team_run(count < WORTH_A_TEAM ? NULL : team, find_not_finite, &s);
  return !atomic_load(&s.found);
}
