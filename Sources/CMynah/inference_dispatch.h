// The tables that the inference kernels' files define (inference_*.c).
#ifndef MYNAH_INFERENCE_DISPATCH_H
#define MYNAH_INFERENCE_DISPATCH_H

#include "CMynah.h"

extern const mynah_inference_kernels mynah_inference_plain;
#if defined(__x86_64__)
extern const mynah_inference_kernels mynah_inference_avx2, mynah_inference_avx_vnni;
extern const mynah_inference_kernels mynah_inference_avx512, mynah_inference_avx512_vnni;
extern const mynah_inference_kernels mynah_inference_avx512_bf16;
#if defined(__linux__)
extern const mynah_inference_kernels mynah_inference_amx;
#endif
#elif defined(__aarch64__)
extern const mynah_inference_kernels mynah_inference_neon, mynah_inference_neon_bf16;
#endif

#endif
