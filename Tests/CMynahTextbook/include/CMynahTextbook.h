// Textbook versions of the kernels: slow, obvious, computed in double precision. The tests compare every kernel with
// them.
#ifndef CMYNAH_TEXTBOOK_H
#define CMYNAH_TEXTBOOK_H

#include "CMynah.h"

void mynah_gemm_textbook(float *c, const float *a, const float *b, size_t m, size_t n, size_t k, bool a_transposed,
                         bool b_transposed, bool accumulate);
/// output [T·B, P], last_h [B, P], last_c [B, H], scratch [H]; only the sizes and inputs of `pass` are read.
void mynah_scan_textbook(double *output, double *last_h, double *last_c, double *scratch,
                         const mynah_scan_forward *pass);
double mynah_cross_entropy_textbook(const mynah_cross_entropy *pass);

#endif
