// Textbook versions of the kernels: plain loops in double precision that the tests compare the fast ones with.
#include "CMynahTextbook.h"

#include <math.h>

void mynah_gemm_textbook(float *c, const float *a, const float *b, size_t m, size_t n, size_t k, bool a_transposed,
                          bool b_transposed, bool accumulate) {
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = accumulate ? c[i * n + j] : 0;
      for (size_t p = 0; p < k; p++)
        sum += (double)a[a_transposed ? p * m + i : i * k + p] * b[b_transposed ? j * k + p : p * n + j];
      c[i * n + j] = (float)sum;
    }
}

/// Returns the loss, without gradients.
double mynah_cross_entropy_textbook(const mynah_cross_entropy *pass) {
  double loss = 0;
  for (size_t r = 0; r < pass->rows; r++) {
    double sum = 0, target = 0;
    for (size_t v = 0; v < pass->vocabulary; v++) {
      double logit = pass->bias ? pass->bias[v] : 0;
      for (size_t j = 0; j < pass->hidden; j++)
        logit += (double)pass->h[r * pass->hidden + j] * pass->weight[v * pass->hidden + j];
      sum += exp(logit);
      if ((size_t)pass->targets[r] == v) target = logit;
    }
    loss += (pass->row_weights ? pass->row_weights[r] : 1) * (log(sum) - target);
  }
  return loss;
}
