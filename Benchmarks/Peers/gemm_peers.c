// Times float32 matrix products of another library: oneDNN's dnnl_sgemm, or OpenBLAS's cblas_sgemm.
//
//     cc -O2 -DONEDNN gemm_peers.c -ldnnl -fopenmp -o gemm-onednn
//     cc -O2 -DOPENBLAS gemm_peers.c -lopenblas -o gemm-openblas
//     gemm-onednn THREADS SECONDS 1200x1024x200/nn 456x1024x1200/tn ...
//
// One program per library, so that the waiting threads of one do not disturb another. A product C[M, N] = A·B is named
// MxNxK/FORM: nn is A·B, tn has A transposed, nt has B transposed; all row-major. Prints one JSON object per line.
// Timing is that of Sources/Measurement/Stopwatch.swift: repeats of calls that fill a millisecond, a fifth of the time
// to warm up, the median.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(ONEDNN)
#include <dnnl.h>
#include <omp.h>
#elif defined(OPENBLAS)
#include <cblas.h>
char *openblas_get_corename(void);
void openblas_set_num_threads(int count);
#else
#error "define ONEDNN or OPENBLAS"
#endif

typedef struct {
  long m, n, k;
  int a_transposed, b_transposed;
  float *a, *b, *c;
} product;

#if defined(ONEDNN)
static void start(int threads, char *engine, size_t size) {
  omp_set_num_threads(threads);
  const dnnl_version_t *version = dnnl_version();
  snprintf(engine, size, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
}

static int multiply(const product *p) {
  return dnnl_sgemm(p->a_transposed ? 'T' : 'N', p->b_transposed ? 'T' : 'N', p->m, p->n, p->k, 1, p->a,
                    p->a_transposed ? p->m : p->k, p->b, p->b_transposed ? p->k : p->n, 0, p->c, p->n) == dnnl_success;
}
#else
static void start(int threads, char *engine, size_t size) {
  openblas_set_num_threads(threads);
  char version[32] = "";
  sscanf(OPENBLAS_VERSION, " OpenBLAS %31s", version);
  snprintf(engine, size, "OpenBLAS %s (%s kernels)", version, openblas_get_corename());
}

static int multiply(const product *p) {
  cblas_sgemm(CblasRowMajor, p->a_transposed ? CblasTrans : CblasNoTrans, p->b_transposed ? CblasTrans : CblasNoTrans,
              (int)p->m, (int)p->n, (int)p->k, 1, p->a, (int)(p->a_transposed ? p->m : p->k), p->b,
              (int)(p->b_transposed ? p->k : p->n), 0, p->c, (int)p->n);
  return 1;
}
#endif

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double elapsed(const product *p, long calls) {
  double start = now();
  for (long call = 0; call < calls; call++) multiply(p);
  return now() - start;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

// The median time of a call; 0 if memory is short.
static double median_seconds(const product *p, double seconds) {
  double single = elapsed(p, 1);
  long calls = single < 1e-3 ? (long)(1e-3 / single) + 1 : 1;
  for (double end = now() + 0.2 * seconds; now() < end;) elapsed(p, calls);
  size_t count = 0, capacity = 0;
  double *samples = NULL;
  for (double end = now() + seconds; count < 5 || now() < end; count++) {
    if (count == capacity) {
      capacity = 2 * capacity + 64;
      double *grown = realloc(samples, capacity * sizeof *samples);
      if (!grown) return free(samples), 0;
      samples = grown;
    }
    samples[count] = elapsed(p, calls) / (double)calls;
  }
  qsort(samples, count, sizeof *samples, compare);
  double median = (samples[(count - 1) / 2] + samples[count / 2]) / 2;
  free(samples);
  return median;
}

static float *matrix(long count) {
  size_t bytes = ((size_t)count * sizeof(float) + 63) / 64 * 64;
  float *elements = aligned_alloc(64, bytes);
  unsigned state = 1;
  for (long index = 0; elements && index < count; index++) {
    state = state * 1664525u + 1013904223u;
    elements[index] = (float)(state >> 8) / (1 << 23) - 1;
  }
  return elements;
}

int main(int count, char **arguments) {
  if (count < 4) return fprintf(stderr, "error: expected THREADS SECONDS MxNxK/FORM ...\n"), 64;
  int threads = atoi(arguments[1]);
  double seconds = atof(arguments[2]);
  if (threads < 1 || seconds < 0) return fprintf(stderr, "error: THREADS and SECONDS must be positive\n"), 64;
  char engine[128];
  start(threads, engine, sizeof engine);
  for (int index = 3; index < count; index++) {
    product p = {0};
    char form[3] = "";
    if (sscanf(arguments[index], "%ldx%ldx%ld/%2s", &p.m, &p.n, &p.k, form) != 4 || p.m < 1 || p.n < 1 || p.k < 1)
      return fprintf(stderr, "error: expected MxNxK/nn, tn or nt, found %s\n", arguments[index]), 64;
    p.a_transposed = form[0] == 't', p.b_transposed = form[1] == 't';
    p.a = matrix(p.m * p.k), p.b = matrix(p.k * p.n), p.c = matrix(p.m * p.n);
    double median = p.a && p.b && p.c && multiply(&p) ? median_seconds(&p, seconds) : 0;
    free(p.a), free(p.b), free(p.c);
    if (median <= 0) return fprintf(stderr, "error: %s cannot be multiplied here\n", arguments[index]), 70;
    printf(
        "{\"engine\": \"%s\", \"product\": \"%s\", \"precision\": \"float32\", \"threads\": %d, \"milliseconds\": "
        "%.6f, "
        "\"gigaflops\": %.2f}\n",
        engine, arguments[index], threads, 1e3 * median, 2e-9 * (double)p.m * (double)p.n * (double)p.k / median);
    fflush(stdout);
  }
  return 0;
}
