// Quantisation of float32 rows to integers in -127 ... 127: scale = max |x| / 127 per row, q = round(x / scale).
//
// Scales are rounded up to 17 significant bits, so q·scale is exact in float32, and quantising such a row again gives
// the same integers and the same scale: quantised weights can be stored as float32 and quantised any number of times.

typedef uint8_t vbytes __attribute__((vector_size(LANES), may_alias, aligned(1)));

/// Rows whose largest magnitude is smaller are quantised to zeros, because the inverse of a scale must be finite.
#define SMALLEST_ROW 1e-30f

/// max |x|; NaN if any element is NaN, because its bits are the largest.
INLINE float largest_magnitude(const float *x, size_t count) {
  // Two chains, since each comparison waits for the one before it.
  vint largest = {0}, other = {0};
  size_t i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    vint bits = (vint)load(x + i) & 0x7fffffff, more = (vint)load(x + i + LANES) & 0x7fffffff;
    largest = (vint)blend(bits > largest, (vfloat)bits, (vfloat)largest);
    other = (vint)blend(more > other, (vfloat)more, (vfloat)other);
  }
  for (; i < count; i += LANES) {
    vint bits = (vint)load_first(x + i, minimum(LANES, count - i)) & 0x7fffffff;
    largest = (vint)blend(bits > largest, (vfloat)bits, (vfloat)largest);
  }
  largest = (vint)blend(other > largest, (vfloat)other, (vfloat)largest);
  int32_t bits = largest[0];
  for (int lane = 1; lane < LANES; lane++) bits = largest[lane] > bits ? largest[lane] : bits;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

/// Returns the scale of a row, and sets its inverse, by which elements are multiplied to get integers.
INLINE float scale_of(float largest, float *inverse) {
  *inverse = 0;
  if (!(largest < INFINITY)) return NAN;
  if (largest < SMALLEST_ROW) return 0;
  float scale = largest / 127.0f;
  int32_t bits;
  memcpy(&bits, &scale, sizeof bits);
  bits = (bits + 0x7f) & ~0x7f;
  memcpy(&scale, &bits, sizeof scale);
  *inverse = 1.0f / scale;
  return scale;
}

/// The elements of a vector, scaled and rounded to integers, ties to even.
INLINE vint rounded(vfloat x, float inverse) {
#pragma clang fp contract(off)  // the same integers with and without fused multiply-add
  const float round_shift = 12582912.0f;  // 1.5·2²³: adding it leaves the rounded integer in the low bits
  vfloat scaled = x * inverse;
  vfloat shifted = scaled + round_shift;
  return (vint)shifted - (vint)splat(round_shift);
}

/// Quantises a row to bytes offset by 128, padded with zeros to a multiple of four; returns its scale.
INLINE float quantize_offset(uint8_t *q, const float *x, size_t count) {
  float inverse, scale = scale_of(largest_magnitude(x, count), &inverse);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    *(vbytes *)(q + i) = __builtin_convertvector(rounded(load(x + i), inverse) + 128, vbytes);
  if (i < count) {
    vbytes last = __builtin_convertvector(rounded(load_first(x + i, count - i), inverse) + 128, vbytes);
    memcpy(q + i, &last, count - i);
  }
  for (i = count; i % 4; i++) q[i] = 128;
  return scale;
}

static void quantize_rows(int8_t *q, float *scales, const float *x, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    float inverse;
    scales[r] = scale_of(largest_magnitude(x + r * columns, columns), &inverse);
    for (size_t i = 0; i < columns; i += LANES) {
      size_t count = minimum(LANES, columns - i);
      vint integers = rounded(load_first(x + r * columns + i, count), inverse);
      for (size_t j = 0; j < count; j++) q[r * columns + i + j] = (int8_t)integers[j];
    }
  }
}
