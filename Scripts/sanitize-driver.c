// Exercises the kernels and the thread team under a sanitizer (Scripts/sanitize.sh): every instruction set, awkward
// sizes, 1 to 3 threads, with memory of exactly the documented sizes. The tests check results; this program only has to
// run without reports.
#include "kernel-memory.h"
#include "sanitize-scan.h"
#include "sanitize-inference.h"

static void try_gemm(const mynah_kernels *kernels, mynah_team *team, size_t m, size_t n, size_t k) {
  for (int flags = 0; flags < 8; flags++) {
    float *a = numbers(m * k), *b = numbers(k * n), *c = flags & 4 ? numbers(m * n) : room(m * n);
    float *workspace = room(kernels->gemm_workspace(m, n, k));
    kernels->gemm(team, c, a, b, m, n, k, flags & 1, flags & 2, flags & 4, precision, workspace);
    read_all(c, m * n);
    if (!(flags & 5)) {
      kernels->gemm_pack(team, workspace, b, m, n, k, flags & 2, precision);
      kernels->gemm_packed(team, c, a, workspace, m, n, k, false, precision);
      read_all(c, m * n);
    }
    free(a), free(b), free(c), free(workspace);
  }
}

static void try_cross_entropy(const mynah_kernels *kernels, mynah_team *team, size_t rows, size_t hidden,
                              size_t vocabulary) {
  float *h = numbers(rows * hidden), *weight = numbers(vocabulary * hidden), *bias = numbers(vocabulary);
  float *row_weights = numbers(rows);
  int32_t *targets = checked(malloc(rows * sizeof *targets));
  for (size_t r = 0; r < rows; r++) targets[r] = (int32_t)(r * 7919 % vocabulary);
  for (int flags = 0; flags < 16; flags++) {
    bool gradients = flags & 8;
    float *row_losses = flags & 4 ? room(rows) : NULL, *d_h = gradients ? room(rows * hidden) : NULL;
    float *d_weight = gradients ? room(vocabulary * hidden) : NULL,
          *d_bias = gradients && flags & 1 ? room(vocabulary) : NULL;
    float *workspace = room(kernels->cross_entropy_workspace(rows, hidden, vocabulary, gradients, precision,
                                                             (size_t)mynah_team_threads(team)));
    double loss;
    mynah_cross_entropy pass = {precision,
                                rows,
                                hidden,
                                vocabulary,
                                h,
                                weight,
                                flags & 1 ? bias : NULL,
                                targets,
                                flags & 2 ? row_weights : NULL,
                                0.5f,
                                &loss,
                                row_losses,
                                d_h,
                                d_weight,
                                d_bias,
                                workspace};
    kernels->cross_entropy(team, &pass);
    if (loss != loss) fprintf(stderr, "the loss is not a number\n"), exit(1);
    if (row_losses) read_all(row_losses, rows);
    if (gradients) read_all(d_h, rows * hidden), read_all(d_weight, vocabulary * hidden);
    if (d_bias) read_all(d_bias, vocabulary);
    free(row_losses), free(d_h), free(d_weight), free(d_bias), free(workspace);
  }
  free(h), free(weight), free(bias), free(row_weights), free(targets);
}

static void try_arrays(const mynah_kernels *kernels, mynah_team *team, size_t count) {
  float *x = numbers(count), *y = numbers(count);
  kernels->exp(y, x, count), read_all(y, count);
  kernels->tanh(y, x, count), read_all(y, count);
  kernels->sigmoid(y, y, count), read_all(y, count);
  kernels->axpy(y, x, 0.5f, count), read_all(y, count);
  float sums[2] = {(float)kernels->sum(x, count), (float)kernels->sum_of_squares(x, count)};
  read_all(sums, 2);
  if (count > 0) {
    const int32_t order[] = {2, 0, 2};
    const size_t starts[] = {0, 1, 3};
    float *table = numbers(3 * count), *rows = room(2 * count);
    kernels->add_rows(team, rows, table, order, starts, 2, count);
    read_all(rows, 2 * count);
    free(table), free(rows);
  }
  // Far outside the range in which the functions change.
  const float extreme[] = {
      0, -0.0f, 1e38f, -1e38f, 89, -104, 1e-42f, __builtin_inff(), -__builtin_inff(), __builtin_nanf("")};
  float results[10];
  kernels->exp(results, extreme, 10), kernels->tanh(results, extreme, 10), kernels->sigmoid(results, extreme, 10);
  free(x), free(y);
}

static void try_dropout(const mynah_kernels *kernels, mynah_team *team, size_t count) {
  float *x = numbers(count), *y = room(count);
  for (uint64_t first = 0; first < 6; first += 2) {
    mynah_dropout_mask mask = {1, 2, first, 1u << 31, 2};
    kernels->dropout(team, y, x, count, &mask);
    read_all(y, count);
  }
  kernels->read_through(team, x, count);
  free(x), free(y);
}

/// Updates a parameter with a dense gradient and one with gradients of every second row.
static void try_updates(const mynah_kernels *kernels, mynah_team *team, size_t rows, size_t width) {
  size_t count = rows * width, stored = (rows + 1) / 2;
  float *arrays[8];
  for (int i = 0; i < 8; i++) arrays[i] = numbers(count);
  for (int i = 0; i < 8; i++)
    for (size_t j = 0; j < count; j++) arrays[i][j] *= arrays[i][j];  // second moments are squares
  int32_t *places = checked(malloc(stored * sizeof *places + 1));
  for (size_t i = 0; i < stored; i++) places[i] = (int32_t)(2 * i);
  mynah_parameter parameters[2] = {
      {1, count, arrays[0], arrays[1], arrays[2], arrays[3], NULL, 0},
      {rows, width, arrays[4], arrays[5], arrays[6], arrays[7], places, stored},
  };
  double *workspace = checked(malloc(kernels->norm_workspace(parameters, 2) * sizeof(double) + 1));
  float norm = (float)kernels->squared_norm(team, parameters, 2, workspace);
  read_all(&norm, 1);
  kernels->descend(team, parameters, 2, 0.1f);
  mynah_adam settings = {1, 1, 0.01f, 0.9f, 0.999f, 1, 1e-8f};
  kernels->adam(team, parameters, 2, &settings);
  for (int i = 0; i < 8; i++) read_all(arrays[i], count), free(arrays[i]);
  free(places), free(workspace);
}

static void try_kernels(const mynah_kernels *kernels, mynah_team *team, mynah_precision chosen) {
  precision = chosen;
  const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 65};
  enum { COUNT = sizeof sizes / sizeof *sizes };
  for (size_t i = 0; i < COUNT; i++) try_arrays(kernels, team, sizes[i]);
  for (size_t i = 0; i < COUNT; i++)
    for (size_t j = 0; j < COUNT; j++) try_gemm(kernels, team, sizes[i], sizes[j], sizes[(i + 3 * j) % COUNT]);
  for (size_t i = 0; i < COUNT; i++)
    try_dropout(kernels, team, sizes[i]), try_updates(kernels, team, sizes[i], sizes[COUNT - i - 1]);
  try_dropout(kernels, team, 20001);
  try_updates(kernels, team, 300, 117);
  try_gemm(kernels, team, 13, 1100, 70);
  try_gemm(kernels, team, 130, 70, 600);
  for (size_t i = 1; i < COUNT; i++)
    for (int cell = 0; cell < MYNAH_CELL_COUNT; cell++)
      try_scan(kernels, team,
               (mynah_scan_sizes){(mynah_cell)cell, sizes[(3 * i) % (COUNT - 1) + 1] % 8 + 1,
                                  sizes[(7 * i) % (COUNT - 1) + 1], sizes[COUNT - i], sizes[i],
                                  sizes[(5 * i) % (COUNT - 1) + 1]});
  const size_t vocabularies[] = {1, 2, 15, 16, 17, 67, 511, 512, 513, 1100}, rows[] = {1, 7, 119, 120, 121, 250};
  for (size_t i = 0; i < 10; i++) try_cross_entropy(kernels, team, rows[i % 6], sizes[i + 1], vocabularies[i]);
  try_cross_entropy(kernels, team, 121, 9, 1100);
  try_cross_entropy(kernels, team, 3, 2, 9001);
}

/// One of several callers that share a team: only one uses it at a time, the others work alone.
static void *caller(void *team) {
#if __has_feature(memory_sanitizer)
  const mynah_kernels *kernels = mynah_kernels_for(MYNAH_PLAIN);
#else
  const mynah_kernels *kernels = mynah_kernels_best();
#endif
  state = 3;
  for (int round = 0; round < 20; round++) try_gemm(kernels, team, 33, 65, 33);
  return NULL;
}

/// The memory sanitizer does not see the writes of matrix tiles and treats their results as undefined.
static bool is_invisible(mynah_isa isa) {
#if __has_feature(memory_sanitizer)
  return isa == MYNAH_AMX;
#else
  (void)isa;
  return false;
#endif
}

int main(void) {
  for (int threads = 1; threads <= 3; threads++) {
    mynah_team *team = checked(mynah_team_start(threads));
    for (int isa = 0; isa < MYNAH_ISA_COUNT; isa++) {
      const mynah_kernels *kernels = mynah_kernels_for((mynah_isa)isa);
      if (!kernels) continue;
      if (is_invisible(kernels->isa)) {
        printf("%s on %d threads: not for this sanitizer\n", kernels->name, threads);
        continue;
      }
      try_kernels(kernels, team, MYNAH_FLOAT32);
      if (kernels->has_bfloat16) try_kernels(kernels, team, MYNAH_BFLOAT16);
      printf("%s on %d threads: clean\n", kernels->name, threads);
    }
    for (int index = 0; index < MYNAH_INFERENCE_COUNT; index++) {
      const mynah_inference_kernels *kernels = mynah_inference_at(index);
      if (!kernels) continue;
      if (is_invisible(kernels->isa)) {
        printf("inference on %s on %d threads: not for this sanitizer\n", kernels->name, threads);
        continue;
      }
      try_inference(kernels, team);
      printf("inference on %s on %d threads: clean\n", kernels->name, threads);
    }
    pthread_t callers[3];
    for (int i = 0; i < 3; i++)
      if (pthread_create(&callers[i], NULL, caller, team) != 0) return 1;
    for (int i = 0; i < 3; i++) pthread_join(callers[i], NULL);
    mynah_team_stop(team);
  }
  return 0;
}
