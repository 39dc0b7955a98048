// Benchmarks of peak performance: multiply-adds in registers, and sequential reads of memory.

/// The number of independent chains: enough to hide the latency of the arithmetic units, and few enough for the
/// registers, of which AVX-512 and NEON have 32, the others 16.
enum { CHAINS = LANES == 16 || (LANES == 4 && HAS_FMA) ? 24 : LANES == 8 ? 12 : 8 };

typedef struct {
  mynah_precision precision;
  uint64_t rounds;
  int threads;  // the number of threads that did the work
} peak_pass;

/// Chains of multiply-adds; with `pairs`, of dot products of bfloat16 pairs.
INLINE void run_chains(const peak_pass *pass, const bool pairs) {
  // A chain of multiply-adds converges to term / (1 − factor) = 0.5, and a sum of dot products grows slowly: neither
  // becomes denormal or infinite.
  const vfloat factor = splat(0.5f), term = splat(0.25f);
  vfloat chains[CHAINS];
#pragma clang loop unroll(full)
  for (int i = 0; i < CHAINS; i++)
    chains[i] = splat((float)(i + 1));  // different values, so that the compiler cannot merge the chains
#pragma clang loop unroll(disable)
  for (uint64_t round = 0; round < pass->rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++)
      chains[i] = pairs ? dot_pairs(factor, term, chains[i]) : fma_(factor, chains[i], term);
  }
  float results[CHAINS * LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < CHAINS; i++) store(results + i * LANES, chains[i]);
  __asm__ volatile("" : : "r"(results) : "memory");  // keeps the results from being optimised away
}

static void peak_work(void *context, const mynah_worker *worker) {
  peak_pass *pass = context;
  if (worker->thread == 0) pass->threads = worker->count;
  if (pass->precision == MYNAH_FLOAT32) run_chains(pass, false);
#if HAS_AMX
  else run_tiles(pass->rounds);
#elif HAS_DOT
  else run_chains(pass, true);
#endif
}

/// The number of operations of a round on one thread; 0 if there are no instructions for the precision.
INLINE uint64_t operations_of_round(mynah_precision precision) {
  if (precision == MYNAH_FLOAT32) return CHAINS * LANES * 2;
#if HAS_AMX
  return TILE_PRODUCTS * TILE_OPERATIONS;
#else
  return HAS_DOT ? CHAINS * LANES * 4 : 0;
#endif
}

static uint64_t peak(mynah_team *team, mynah_precision precision, uint64_t rounds) {
  peak_pass pass = {.precision = precision, .rounds = rounds};
  mynah_team_run_all(team, peak_work, &pass);
  return rounds * operations_of_round(precision) * (uint64_t)pass.threads;
}

typedef struct {
  const float *x;
  size_t count;
} read_pass;

static void read_work(void *context, const mynah_worker *worker) {
  enum { STREAMS = 8 };
  const read_pass *pass = context;
  range blocks = share(pass->count / (STREAMS * LANES), worker);
  vfloat sums[STREAMS] = {{0}};
  for (size_t b = blocks.first; b < blocks.last; b++) {
    const float *x = pass->x + b * STREAMS * LANES;
#pragma clang loop unroll(full)
    for (int i = 0; i < STREAMS; i++) sums[i] += load(x + i * LANES);
  }
  __asm__ volatile("" : : "r"(sums) : "memory");
}

/// Reads whole blocks of 8 vectors and skips the rest.
static void read_through(mynah_team *team, const float *x, size_t count) {
  read_pass pass = {x, count};
  mynah_team_run_all(team, read_work, &pass);
}
