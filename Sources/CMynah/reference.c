// Textbook versions of the kernels: plain loops in double, for the tests to hold the fast ones to.
#include "CMynah.h"

#include <math.h>

void mynah_gemm_reference(float *c, const float *a, const float *b, size_t m, size_t n, size_t k, bool a_transposed,
                          bool b_transposed, bool accumulate) {
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = accumulate ? c[i * n + j] : 0;
      for (size_t p = 0; p < k; p++)
        sum += (double)a[a_transposed ? p * m + i : i * k + p] * b[b_transposed ? j * k + p : p * n + j];
      c[i * n + j] = (float)sum;
    }
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }

/// output [T·B, H], last_h and last_c [B, H]; of `pass` only the sizes and inputs are read.
void mynah_lstm_forward_reference(double *output, double *last_h, double *last_c, const mynah_lstm_forward *pass) {
  size_t hidden = pass->hidden, input = pass->input, batch = pass->batch;
  for (size_t j = 0; j < batch * hidden; j++) last_h[j] = pass->h0[j], last_c[j] = pass->c0[j];
  for (size_t t = 0; t < pass->steps; t++) {
    double *h = output + t * batch * hidden;
    for (size_t b = 0; b < batch; b++)
      for (size_t u = 0; u < hidden; u++) {
        double gates[4];
        for (size_t gate = 0; gate < 4; gate++) {
          size_t row = gate * hidden + u;
          gates[gate] = pass->bias[row];
          for (size_t j = 0; j < input; j++) gates[gate] += (double)pass->weight_ih[row * input + j] * pass->x[(t * batch + b) * input + j];
          for (size_t j = 0; j < hidden; j++) gates[gate] += (double)pass->weight_hh[row * hidden + j] * last_h[b * hidden + j];
        }
        double c = logistic(gates[1]) * last_c[b * hidden + u] + logistic(gates[0]) * tanh(gates[2]);
        last_c[b * hidden + u] = c;
        h[b * hidden + u] = logistic(gates[3]) * tanh(c);
      }
    for (size_t j = 0; j < batch * hidden; j++) last_h[j] = h[j];
  }
}

/// The loss alone.
double mynah_cross_entropy_reference(const mynah_cross_entropy *pass) {
  double loss = 0;
  for (size_t r = 0; r < pass->rows; r++) {
    double sum = 0, target = 0;
    for (size_t v = 0; v < pass->vocabulary; v++) {
      double logit = pass->bias ? pass->bias[v] : 0;
      for (size_t j = 0; j < pass->hidden; j++) logit += (double)pass->h[r * pass->hidden + j] * pass->weight[v * pass->hidden + j];
      sum += exp(logit);
      if ((size_t)pass->targets[r] == v) target = logit;
    }
    loss += (pass->row_weights ? pass->row_weights[r] : 1) * (log(sum) - target);
  }
  return loss;
}
