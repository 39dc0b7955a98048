// The choice of an instruction set at run time.
#include "dispatch.h"

#include <stdlib.h>
#include <string.h>

const mynah_kernels *mynah_kernels_for(mynah_isa isa) {
  switch (isa) {
    case MYNAH_PLAIN: return &mynah_kernels_plain;
#if defined(__x86_64__)
    case MYNAH_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &mynah_kernels_avx2 : NULL;
    case MYNAH_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl")
                 ? &mynah_kernels_avx512
                 : NULL;
#elif defined(__aarch64__)
    case MYNAH_NEON: return &mynah_kernels_neon;
#endif
    default: return NULL;
  }
}

const mynah_kernels *mynah_kernels_best(void) {
  const char *wish = getenv("MYNAH_INSTRUCTION_SET");
  const mynah_kernels *best = NULL;
  for (int isa = 0; isa < MYNAH_ISA_COUNT; isa++) {
    const mynah_kernels *kernels = mynah_kernels_for((mynah_isa)isa);
    if (!kernels) continue;
    if (wish && strcmp(wish, kernels->name) == 0) return kernels;
    best = kernels;
  }
  return best;
}
