// What the machine can do at best: the speed of fused multiply-adds in registers, and of reading memory in order.

/// Vectors that stay in registers: enough for the units never to wait for a result, and few enough for the registers, of which
/// AVX-512 and NEON have 32, the others 16.
enum { CHAINS = LANES == 16 || (LANES == 4 && HAS_FMA) ? 24 : LANES == 8 ? 12 : 8 };

typedef struct {
  uint64_t rounds;
  int threads;  // that did the work
} peak_pass;

static void peak_work(void *context, const mynah_worker *worker) {
  peak_pass *pass = context;
  if (worker->thread == 0) pass->threads = worker->count;
  // Each chain tends to factor / (1 − factor)·0.5 = 0.5: never a denormal number, never infinite.
  const vfloat factor = splat(0.5f), term = splat(0.25f);
  vfloat chains[CHAINS];
#pragma clang loop unroll(full)
  for (int i = 0; i < CHAINS; i++) chains[i] = splat((float)(i + 1));  // unlike, so that none is computed for all
#pragma clang loop unroll(disable)
  for (uint64_t round = 0; round < pass->rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) chains[i] = fma_(factor, chains[i], term);
  }
  float results[CHAINS * LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < CHAINS; i++) store(results + i * LANES, chains[i]);
  __asm__ volatile("" : : "r"(results) : "memory");  // somebody might read them
}

static uint64_t peak(mynah_team *team, uint64_t rounds) {
  peak_pass pass = {.rounds = rounds};
  mynah_team_run(team, peak_work, &pass);
  return rounds * CHAINS * LANES * 2 * (uint64_t)pass.threads;
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

/// Whole blocks of 8 vectors are read; a rest is left out.
static void read_through(mynah_team *team, const float *x, size_t count) {
  read_pass pass = {x, count};
  mynah_team_run(team, read_work, &pass);
}
