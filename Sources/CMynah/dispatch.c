// The choice of an instruction set at run time.
#include "dispatch.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

/// The system grants the tile registers only to a process that requests them; requesting again is harmless.
static bool has_tiles(void) {
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
         __builtin_cpu_supports("avx512bf16") && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#endif

#if defined(__aarch64__)
#if defined(__APPLE__)
#include <sys/sysctl.h>
static bool has_neon_bfloat16(void) {
  int found = 0;
  size_t size = sizeof found;
  return sysctlbyname("hw.optional.arm.FEAT_BF16", &found, &size, NULL, 0) == 0 && found;
}
#elif defined(__linux__)
#include <sys/auxv.h>
static bool has_neon_bfloat16(void) { return getauxval(AT_HWCAP2) & 1 << 14; }  // HWCAP2_BF16
#else
static bool has_neon_bfloat16(void) { return false; }
#endif
#endif

const mynah_kernels *mynah_kernels_for(mynah_isa isa) {
  switch (isa) {
    case MYNAH_PLAIN: return &mynah_kernels_plain;
#if defined(__x86_64__)
    case MYNAH_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &mynah_kernels_avx2 : NULL;
    case MYNAH_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                 ? &mynah_kernels_avx512
                 : NULL;
    case MYNAH_AVX512_BF16:
      return mynah_kernels_for(MYNAH_AVX512) && __builtin_cpu_supports("avx512bf16") ? &mynah_kernels_avx512_bf16
                                                                                     : NULL;
#if defined(__linux__)
    case MYNAH_AMX: return mynah_kernels_for(MYNAH_AVX512) && has_tiles() ? &mynah_kernels_amx : NULL;
#endif
#elif defined(__aarch64__)
    case MYNAH_NEON: return &mynah_kernels_neon;
    case MYNAH_NEON_BF16: return has_neon_bfloat16() ? &mynah_kernels_neon_bf16 : NULL;
#endif
    default: return NULL;
  }
}

const mynah_cell_traits *mynah_traits_of(mynah_cell cell) {
  return (unsigned)cell < MYNAH_CELL_COUNT ? mynah_kernels_plain.cell_traits(cell) : NULL;
}

/// On Intel's processors, dot products of bfloat16 pairs run at half the rate of multiply-adds, so they are no faster.
static bool is_worthwhile(mynah_isa isa) {
#if defined(__x86_64__)
  if (isa == MYNAH_AVX512_BF16) return __builtin_cpu_is("amd");
#endif
  (void)isa;
  return true;
}

const mynah_kernels *mynah_kernels_best(void) {
  const char *wish = getenv("MYNAH_INSTRUCTION_SET");
  const mynah_kernels *best = NULL;
  for (int isa = 0; isa < MYNAH_ISA_COUNT; isa++) {
    const mynah_kernels *kernels = mynah_kernels_for((mynah_isa)isa);
    if (!kernels) continue;
    if (wish && strcmp(wish, kernels->name) == 0) return kernels;
    if (is_worthwhile((mynah_isa)isa)) best = kernels;
  }
  return best;
}
