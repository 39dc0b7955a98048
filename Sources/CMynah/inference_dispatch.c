// The choice of inference kernels at run time, which depends on products of bytes besides the instruction set.
#include "inference_dispatch.h"

static inline const mynah_inference_kernels *if_there(bool there, mynah_isa isa,
                                                      const mynah_inference_kernels *kernels) {
  return there && mynah_kernels_for(isa) ? kernels : NULL;
}

#if defined(__x86_64__)
static inline bool has_dot8(void) { return __builtin_cpu_supports("avx512vnni"); }
#endif

const mynah_inference_kernels *mynah_inference_at(int index) {
  switch (index) {
    case 0: return &mynah_inference_plain;
#if defined(__x86_64__)
    case 2: return if_there(true, MYNAH_AVX2, &mynah_inference_avx2);
    case 3: return if_there(__builtin_cpu_supports("avxvnni"), MYNAH_AVX2, &mynah_inference_avx_vnni);
    case 4: return if_there(true, MYNAH_AVX512, &mynah_inference_avx512);
    case 5: return if_there(has_dot8(), MYNAH_AVX512, &mynah_inference_avx512_vnni);
    case 6: return if_there(has_dot8(), MYNAH_AVX512_BF16, &mynah_inference_avx512_bf16);
#if defined(__linux__)
    case 7:
      return if_there(has_dot8() && __builtin_cpu_supports("amx-int8"), MYNAH_AMX, &mynah_inference_amx);
#endif
#elif defined(__aarch64__)
    case 1: return if_there(true, MYNAH_NEON, &mynah_inference_neon);
    case 2: return if_there(true, MYNAH_NEON_BF16, &mynah_inference_neon_bf16);
#endif
    default: return NULL;
  }
}

const mynah_inference_kernels *mynah_inference_best(void) {
  mynah_isa limit = mynah_kernels_best()->isa;
  const mynah_inference_kernels *best = NULL;
  for (int index = 0; index < MYNAH_INFERENCE_COUNT; index++) {
    const mynah_inference_kernels *kernels = mynah_inference_at(index);
    if (kernels && kernels->isa <= limit) best = kernels;
  }
  return best;
}
