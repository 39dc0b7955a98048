// exp, tanh and sigmoid of a vector, and of an array.
//
// Polynomials: S. L. Moshier, Cephes mathematical library (expf, tanhf). Largest errors over all finite arguments,
// measured by the tests against double: exp 1.5 ulp, tanh 2.5 ulp, sigmoid 2.5 ulp (denormal results may be flushed to
// 0).

/// eʳ, |r| ≤ ln 2 / 2
INLINE vfloat vexp_polynomial(vfloat r) {
  vfloat p = splat(1.9875691500e-4f);
  p = fma_(p, r, splat(1.3981999507e-3f));
  p = fma_(p, r, splat(8.3334519073e-3f));
  p = fma_(p, r, splat(4.1665795894e-2f));
  p = fma_(p, r, splat(1.6666665459e-1f));
  p = fma_(p, r, splat(5.0000001201e-1f));
  return fma_(p, r * r, r) + 1.0f;
}

/// eˣ = 2ⁿ·eʳ, n = round(x / ln 2), |r| ≤ ln 2 / 2. NaN stays NaN; overflow gives ∞, underflow 0.
INLINE vfloat vexp(vfloat x) {
  const float round_shift = 12582912.0f;  // 1.5·2²³: adding it leaves the rounded integer in the low bits
  x = blend(x > splat(89.0f), splat(89.0f), x);
  x = blend(x < splat(-104.0f), splat(-104.0f), x);
  vfloat shifted = fma_(x, splat(1.44269504088896341f), splat(round_shift));
  vint n = (vint)shifted - (vint)splat(round_shift);
  vfloat whole = shifted - round_shift;
  vfloat r = fma_(whole, splat(-0.693359375f), x);
  r = fma_(whole, splat(2.12194440e-4f), r);
  vfloat p = vexp_polynomial(r);
  // 2ⁿ is applied in two factors, because it may not be a normal number itself.
  vint half = n >> 1, rest = n - half;
  return p * (vfloat)((half + 127) << 23) * (vfloat)((rest + 127) << 23);
}

/// eˣ for |x| ≤ LARGEST_EXPONENT, in two thirds of the time: 2ⁿ is a normal number.
#define LARGEST_EXPONENT 87.33654f  // e⁻ˣ is the smallest normal number
INLINE vfloat vexp_in_range(vfloat x) {
  const float round_shift = 12582912.0f;
  vfloat shifted = fma_(x, splat(1.44269504088896341f), splat(round_shift));
  vfloat whole = shifted - round_shift;
  vfloat r = fma_(whole, splat(-0.693359375f), x);
  r = fma_(whole, splat(2.12194440e-4f), r);
  return vexp_polynomial(r) * (vfloat)(((vint)shifted << 23) + (vint)splat(1.0f));
}

/// eˣ for x ≤ 0; results below the smallest normal number are replaced by that number.
INLINE vfloat vexp_of_negative(vfloat x) {
  return vexp_in_range(blend(x < splat(-LARGEST_EXPONENT), splat(-LARGEST_EXPONENT), x));
}

/// eˣ for x ≤ 0; results below the smallest normal number are 0, and NaN stays NaN.
INLINE vfloat vexp_or_zero(vfloat x) {
  return (vfloat)((vint)vexp_in_range(x) & ~(x < splat(-LARGEST_EXPONENT)));
}

/// σ(x) = 1 / (1 + e⁻ˣ); denormal results are 0.
INLINE vfloat vsigmoid(vfloat x) {
  const vfloat largest = splat(LARGEST_EXPONENT);
  vfloat inside = blend(x > largest, largest, blend(x < -largest, -largest, x));
  return blend(x < -largest, splat(0), reciprocal(1.0f + vexp_in_range(-inside)));
}

/// tanh x = sign(x)·(1 − 2 / (e^{2|x|} + 1)), and x + x³·P(x²) where |x| < 0.625
INLINE vfloat vtanh(vfloat x) {
  const vint sign_bit = (vint){0} + (int32_t)0x80000000;
  vint sign = (vint)x & sign_bit;
  vfloat magnitude = (vfloat)((vint)x & ~sign_bit);
  vfloat twice = blend(magnitude > splat(10), splat(20), magnitude + magnitude);  // where it is 1
  vfloat large = fma_(splat(-2), reciprocal(vexp_in_range(twice) + 1.0f), splat(1));
  vfloat square = x * x;
  vfloat p = splat(-5.70498872745e-3f);
  p = fma_(p, square, splat(2.06390887954e-2f));
  p = fma_(p, square, splat(-5.37397155531e-2f));
  p = fma_(p, square, splat(1.33314422036e-1f));
  p = fma_(p, square, splat(-3.33332819422e-1f));
  vfloat small = fma_(p * square, magnitude, magnitude);
  vfloat result = blend(magnitude < splat(0.625f), small, large);
  return (vfloat)((vint)result | sign);  // keeps the sign of −0 too
}

#define ARRAY_FUNCTION(name, function)                                              \
  static __attribute__((unused)) void name(float *y, const float *x, size_t count) {                      \
    size_t i = 0;                                                                   \
    for (; i + LANES <= count; i += LANES) store(y + i, function(load(x + i)));     \
    if (i < count) store_first(y + i, function(load_first(x + i, count - i)), count - i); \
  }
ARRAY_FUNCTION(exp_array, vexp)
ARRAY_FUNCTION(tanh_array, vtanh)
ARRAY_FUNCTION(sigmoid_array, vsigmoid)
#undef ARRAY_FUNCTION
