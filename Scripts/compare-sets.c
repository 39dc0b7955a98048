// Compares the kernels of every instruction set of this machine with those in plain C (Scripts/check-neon.sh). The
// tests compare each set with textbook versions; this program needs only a C compiler, so it also runs under emulation.
#include "kernel-memory.h"

#include <math.h>

/// Random numbers so small that errors of rounding to bfloat16 do not grow over the steps of a recurrence.
static float *small_numbers(size_t count) {
  float *result = numbers(count);
  for (size_t i = 0; i < count; i++) result[i] *= 0.25f;
  return result;
}

static int compared = 0, failed = 0;
/// Compares two arrays; differences are relative to the largest magnitude, at least 0.02, since sums may cancel.
static void compare(const char *what, const float *found, const float *expected, size_t count, double tolerance) {
  double largest = 0.02, difference = 0;
  bool is_finite = true;
  for (size_t i = 0; i < count; i++) {
    is_finite = is_finite && isfinite(found[i]) && isfinite(expected[i]);
    largest = fmax(largest, fabs(expected[i]));
    difference = fmax(difference, fabs(found[i] - expected[i]));
  }
  compared++;
  if (is_finite && difference <= tolerance * largest) return;
  failed++;
  printf("%s: expected a difference of at most %g of the largest number, found %g%s\n", what, tolerance,
         difference / largest, is_finite ? "" : " and numbers that are not finite");
}

static void check_products(const mynah_kernels *set, const mynah_kernels *plain, mynah_team *team,
                           mynah_precision precision, double tolerance) {
  const size_t sizes[][3] = {{1, 1, 1}, {7, 17, 5}, {13, 65, 33}, {64, 70, 130}, {150, 33, 600}, {5, 200, 1100}, {1, 200, 70}, {2, 150, 600}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int form = 0; form < 8; form++) {
      const size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
      float *a = small_numbers(m * k), *b = small_numbers(k * n), *c = small_numbers(m * n), *d = small_numbers(m * n);
      memcpy(d, c, m * n * sizeof(float));
      float *workspace = room(set->gemm_workspace(m, n, k)), *other = room(plain->gemm_workspace(m, n, k));
      set->gemm(team, c, a, b, m, n, k, form & 1, form & 2, form & 4, precision, workspace);
      plain->gemm(NULL, d, a, b, m, n, k, form & 1, form & 2, form & 4, MYNAH_FLOAT32, other);
      compare("product", c, d, m * n, tolerance);
      free(a), free(b), free(c), free(d), free(workspace), free(other);
    }
}

typedef struct {
  float *output, *last_c, *d_x, *d_ih, *d_hh, *d_hr, *d_bias, *d_bias_hh, *d_h0, *d_c0, *d_vectors[3];
} scan_results;

static scan_results scan(const mynah_kernels *kernels, mynah_team *team, mynah_precision precision,
                         mynah_scan_sizes s) {
  const mynah_cell_traits *cell = kernels->cell_traits(s.cell);
  const size_t rows = s.steps * s.batch, gi = cell->input_blocks * s.hidden, gr = cell->recurrent_blocks * s.hidden;
  const size_t inputs = s.distinct ? s.distinct : rows;
  state = 7;
  mynah_scan_forward f = {.precision = precision, .sizes = s};
  int32_t *x_rows = checked(malloc(rows * sizeof *x_rows));
  for (size_t r = 0; s.distinct && r < rows; r++) x_rows[r] = (int32_t)(r * 31 % s.distinct);
  f.x_rows = x_rows, f.x = small_numbers(inputs * s.input), f.weight_ih = small_numbers(gi * s.input),
  f.weight_hh = small_numbers(gr * s.output);
  f.weight_hr = small_numbers(s.output * s.hidden), f.bias_ih = small_numbers(gi), f.bias_hh = small_numbers(gr);
  for (int v = 0; v < 3; v++) f.vectors[v] = small_numbers(s.hidden);
  f.h0 = small_numbers(s.batch * s.output), f.c0 = small_numbers(s.batch * s.hidden);
  mynah_scan_backward b = {0};
  b.d_output = small_numbers(rows * s.output), b.d_last_h = small_numbers(s.batch * s.output),
  b.d_last_c = small_numbers(s.batch * s.hidden);
  f.intermediate = small_numbers(rows * s.hidden), f.output = small_numbers(rows * s.output),
  f.last_c = small_numbers(s.batch * s.hidden);
  f.gates = room(kernels->scan_gates_size(&s)), f.cells = room(kernels->scan_cells_size(&s));
  f.workspace = room(kernels->scan_forward_workspace(&s));
  kernels->scan_forward(team, &f);
  scan_results r = {
      .output = f.output, .last_c = f.last_c, .d_x = small_numbers(inputs * s.input)};
  r.d_ih = small_numbers(gi * s.input);
  r.d_hh = small_numbers(gr * s.output), r.d_hr = small_numbers(s.output * s.hidden), r.d_bias = small_numbers(gi);
  r.d_bias_hh = small_numbers(gr), r.d_h0 = small_numbers(s.batch * s.output);
  r.d_c0 = small_numbers(s.batch * s.hidden);
  b.forward = f, b.d_x = r.d_x, b.d_weight_ih = r.d_ih, b.d_weight_hh = r.d_hh, b.d_weight_hr = r.d_hr;
  b.d_bias_ih = r.d_bias, b.d_bias_hh = r.d_bias_hh, b.d_h0 = r.d_h0, b.d_c0 = r.d_c0;
  for (int v = 0; v < 3; v++) b.d_vectors[v] = r.d_vectors[v] = small_numbers(s.hidden);
  b.d_gates = room(kernels->scan_gates_size(&s)), b.d_projected = small_numbers(rows * s.output);
  b.workspace = room(kernels->scan_backward_workspace(&s));
  kernels->scan_backward(team, &b);
  b.workspace = room(kernels->scan_gradients_workspace(&s));
  kernels->scan_gradients(team, &b);
  return r;
}

static void check_scans(const mynah_kernels *set, const mynah_kernels *plain, mynah_team *team,
                        mynah_precision precision, double tolerance) {
  const size_t sizes[][6] = {{3, 2, 5, 7, 4, 0}, {2, 50, 9, 33, 17, 0}, {5, 7, 20, 70, 40, 0}, {3, 50, 9, 33, 17, 20}};
  for (int id = 0; id < MYNAH_CELL_COUNT; id++)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      const mynah_cell_traits *cell = plain->cell_traits((mynah_cell)id);
      mynah_scan_sizes s = {(mynah_cell)id, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], sizes[i][4]};
      if (!cell->has_identity_skip) s.distinct = sizes[i][5];
      if (cell->has_identity_skip) s.input = s.hidden;
      if (!cell->has_projection) s.output = s.hidden;
      const size_t rows = s.steps * s.batch;
      // Near zero, a rounded sum can have the opposite sign, and the slope of ReLU jumps there.
      const double bound = precision && id == MYNAH_CELL_RNN_RELU ? 0.3 : tolerance;
      // Their memory is freed when the program ends.
      scan_results a = scan(set, team, precision, s), b = scan(plain, NULL, MYNAH_FLOAT32, s);
      const size_t gi = cell->input_blocks * s.hidden, gr = cell->recurrent_blocks * s.hidden;
      compare(cell->name, a.output, b.output, rows * s.output, bound);
      compare(cell->name, a.d_x, b.d_x, (s.distinct ? s.distinct : rows) * s.input, bound);
      compare(cell->name, a.d_ih, b.d_ih, gi * s.input, bound);
      compare(cell->name, a.d_bias, b.d_bias, gi, bound);
      if (gr) compare(cell->name, a.d_hh, b.d_hh, gr * s.output, bound);
      if (gr) compare(cell->name, a.d_bias_hh, b.d_bias_hh, gr, bound);
      if (cell->has_projection) compare(cell->name, a.d_hr, b.d_hr, s.output * s.hidden, bound);
      if (cell->has_hidden_state) compare(cell->name, a.d_h0, b.d_h0, s.batch * s.output, bound);
      if (cell->has_cell_state) compare(cell->name, a.last_c, b.last_c, s.batch * s.hidden, bound);
      if (cell->has_cell_state) compare(cell->name, a.d_c0, b.d_c0, s.batch * s.hidden, bound);
      for (size_t v = 0; v < cell->vectors; v++) compare(cell->name, a.d_vectors[v], b.d_vectors[v], s.hidden, bound);
    }
}

static void check_losses(const mynah_kernels *set, const mynah_kernels *plain, mynah_team *team,
                         mynah_precision precision, double tolerance) {
  const size_t sizes[][3] = {{1, 1, 2}, {20, 33, 100}, {500, 24, 1100}, {70, 9, 9001}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const size_t rows = sizes[i][0], hidden = sizes[i][1], vocabulary = sizes[i][2];
    float *h = small_numbers(rows * hidden), *w = small_numbers(vocabulary * hidden), *bias = small_numbers(vocabulary),
          *found[4], *expected[4];
    int32_t *targets = checked(malloc(rows * sizeof *targets));
    for (size_t r = 0; r < rows; r++) targets[r] = (int32_t)(r * 31 % vocabulary);
    const size_t counts[4] = {rows, rows * hidden, vocabulary * hidden, vocabulary};
    for (int side = 0; side < 2; side++) {
      const mynah_kernels *kernels = side ? plain : set;
      float **to = side ? expected : found;
      double loss;
      for (int j = 0; j < 4; j++) to[j] = small_numbers(counts[j]);
      const mynah_precision own = side ? MYNAH_FLOAT32 : precision;
      float *workspace = room(kernels->cross_entropy_workspace(rows, hidden, vocabulary, true, own, 3));
      mynah_cross_entropy pass = {.precision = own, .rows = rows, .hidden = hidden};
      pass.vocabulary = vocabulary, pass.h = h, pass.weight = w, pass.bias = bias, pass.targets = targets;
      pass.scale = 0.5f, pass.loss = &loss, pass.row_losses = to[0];
      pass.d_h = to[1], pass.d_weight = to[2], pass.d_bias = to[3], pass.workspace = workspace;
      kernels->cross_entropy(side ? NULL : team, &pass);
    }
    for (int j = 0; j < 4; j++) compare("loss", found[j], expected[j], counts[j], tolerance);
  }
}

/// The logits of a GRU layer, whose matrices have three blocks, and an output layer after some steps.
static float *advanced(const mynah_inference_kernels *kernels, mynah_team *team, mynah_weights kind, size_t steps,
                       size_t batch, size_t hidden, size_t vocabulary) {
  state = 7;
  const size_t shapes[3][3] = {{3, 3 * hidden, hidden}, {3, 3 * hidden, hidden}, {1, vocabulary, hidden}};
  mynah_packed matrices[3];
  for (int i = 0; i < 3; i++) {
    matrices[i] = (mynah_packed){kind, shapes[i][1], shapes[i][2], shapes[i][0], NULL};
    void *panels = lines(kernels->packed_bytes(&matrices[i]));
    kernels->pack(team, panels, &matrices[i], small_numbers(shapes[i][1] * shapes[i][2]));
    matrices[i].panels = panels;
  }
  mynah_inference_layer layer = {.cell = MYNAH_CELL_GRU, .hidden = hidden, .output = hidden, .input = matrices[0],
                                 .recurrent = matrices[1], .bias = small_numbers(3 * hidden),
                                 .recurrent_bias = small_numbers(hidden), .h = small_numbers(batch * hidden)};
  float *logits = small_numbers(batch * vocabulary);
  mynah_inference_pass pass = {.steps = steps, .batch = batch, .layer_count = 1, .layers = &layer,
                               .x = small_numbers(steps * batch * hidden), .vocabulary = vocabulary,
                               .output = matrices[2], .output_bias = small_numbers(vocabulary), .logits = logits};
  pass.workspace = lines(kernels->advance_bytes(&pass, (size_t)mynah_team_threads(team)));
  kernels->advance(team, &pass);
  return logits;
}

static void check_inference(const mynah_inference_kernels *set, const mynah_inference_kernels *plain, mynah_team *team,
                            mynah_weights kind) {
  // Rows are quantised to bytes, and a number halfway between two of them may be rounded either way.
  const double tolerances[] = {3e-5, 1e-2, 3e-2};
  const size_t sizes[][4] = {{1, 1, 1, 2}, {3, 1, 33, 70}, {2, 7, 17, 130}, {2, 35, 70, 65}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const size_t *s = sizes[i];
    compare("inference", advanced(set, team, kind, s[0], s[1], s[2], s[3]),
            advanced(plain, NULL, kind, s[0], s[1], s[2], s[3]), s[1] * s[3], tolerances[kind]);
  }
}

int main(void) {
  const mynah_kernels *plain = mynah_kernels_for(MYNAH_PLAIN);
  mynah_team *team = mynah_team_start(3);
  for (int isa = 1; isa < MYNAH_ISA_COUNT; isa++) {
    const mynah_kernels *set = mynah_kernels_for((mynah_isa)isa);
    if (!set) continue;
    for (int p = 0; p <= (set->has_bfloat16 ? 1 : 0); p++) {
      const double tolerance = p ? 0.03 : 3e-5;
      const int before = compared, failures = failed;
      check_products(set, plain, team, (mynah_precision)p, tolerance);
      check_scans(set, plain, team, (mynah_precision)p, tolerance);
      check_losses(set, plain, team, (mynah_precision)p, tolerance);
      printf("%s, %s: %d of %d results agree with plain C\n", set->name, p ? "bfloat16" : "float32",
             compared - before - failed + failures, compared - before);
    }
  }
  for (int index = 1; index < MYNAH_INFERENCE_COUNT; index++) {
    const mynah_inference_kernels *set = mynah_inference_at(index);
    if (!set) continue;
    const int before = compared, failures = failed;
    for (int kind = 0; kind < 3; kind++) check_inference(set, mynah_inference_at(0), team, (mynah_weights)kind);
    printf("%s, inference: %d of %d results agree with plain C\n", set->name, compared - before - failed + failures,
           compared - before);
  }
  mynah_team_stop(team);
  return failed || !compared;
}
