// The tables that the instruction sets' files define (isa_*.c).
#ifndef MYNAH_DISPATCH_H
#define MYNAH_DISPATCH_H

#include "CMynah.h"

extern const mynah_kernels mynah_kernels_plain;
#if defined(__x86_64__)
extern const mynah_kernels mynah_kernels_avx2;
extern const mynah_kernels mynah_kernels_avx512;
extern const mynah_kernels mynah_kernels_avx512_bf16;
#if defined(__linux__)
extern const mynah_kernels mynah_kernels_amx;
#endif
#elif defined(__aarch64__)
extern const mynah_kernels mynah_kernels_neon;
extern const mynah_kernels mynah_kernels_neon_bf16;
#endif

#endif
