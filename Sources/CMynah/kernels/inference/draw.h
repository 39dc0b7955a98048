// Draws of tokens from logits.

/// Returns true if no number is infinite or NaN.
static bool all_finite(const float *x, size_t count) { return largest_magnitude(x, count) < INFINITY; }

enum { DRAW_BLOCK = 256 };

static double block_sum(const float *x, size_t count) {
  vfloat sums = {0};
  for (size_t i = 0; i < count; i += LANES) sums += i + LANES <= count ? load(x + i) : load_first(x + i, count - i);
  return sum_of_lanes(sums);
}

static size_t draw(const float *logits, size_t count, const int32_t *forbidden, size_t forbidden_count,
                   float inverse_temperature, double uniform, float *workspace) {
  float *weights = workspace;
  memcpy(weights, logits, count * sizeof(float));
  for (size_t i = 0; i < forbidden_count; i++)
    if (forbidden[i] >= 0 && (size_t)forbidden[i] < count) weights[forbidden[i]] = -INFINITY;
  vfloat largest = splat(-INFINITY);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vfloat x = load(weights + i);
    largest = blend(x > largest, x, largest);
  }
  float maximum = largest_lane(largest);
  for (; i < count; i++) maximum = weights[i] > maximum ? weights[i] : maximum;
  if (!(maximum > -INFINITY)) return count;
  if (inverse_temperature == INFINITY) {
    for (i = 0; weights[i] != maximum; i++) {}
    return i;
  }
  double total = 0;
  for (size_t first = 0; first < count; first += DRAW_BLOCK) {
    size_t last = minimum(count, first + DRAW_BLOCK);
    for (i = first; i + LANES <= last; i += LANES)
      store(weights + i, vexp((load(weights + i) - maximum) * inverse_temperature));
    if (i < last)
      store_first(weights + i, vexp((load_first(weights + i, last - i) - maximum) * inverse_temperature), last - i);
    total += block_sum(weights + first, last - first);
  }
  // The block first, then the token in it. Rounding may leave nothing at the end: then the last possible token.
  double rest = uniform * total;
  size_t chosen = count;
  for (size_t first = 0; first < count; first += DRAW_BLOCK) {
    size_t last = minimum(count, first + DRAW_BLOCK);
    double sum = block_sum(weights + first, last - first);
    if (rest >= sum && last < count) {
      rest -= sum;
      continue;
    }
    for (i = first; i < last; i++)
      if (weights[i] > 0) {
        chosen = i;
        if (rest < weights[i]) return i;
        rest -= weights[i];
      }
    if (chosen < count) return chosen;
  }
  for (i = count; i-- > 0;)
    if (weights[i] > 0) return i;
  return count;
}
