// A persistent team of threads. This is the only file of CMynah that starts threads or allocates memory (once per
// team).
//
// A waiting thread first spins, then yields, then sleeps: a barrier of spinning threads costs less than 0.1 µs, waking
// a sleeping thread 20–50 µs. A training step has hundreds of barriers a few microseconds apart; between steps, no
// thread should keep a core busy.
#include "CMynah.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SPINS = 2000, YIELDS = 100 };

static inline void cpu_relax(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// MARK: Denormals

/// Arithmetic on denormals is up to a hundred times slower, and vanishing gradients of recurrent layers contain many of
/// them.
static uint64_t flush_denormals(void) {
#if defined(__x86_64__)
  uint32_t old = _mm_getcsr();
  _mm_setcsr(old | 0x8040);  // FTZ | DAZ
  return old;
#elif defined(__aarch64__)
  uint64_t old;
  __asm__ volatile("mrs %0, fpcr" : "=r"(old));
  __asm__ volatile("msr fpcr, %0" : : "r"(old | (1ull << 24)));  // FZ
  return old;
#else
  return 0;
#endif
}

static void restore_denormals(uint64_t old) {
#if defined(__x86_64__)
  _mm_setcsr((uint32_t)old);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(old));
#else
  (void)old;
#endif
}

// MARK: A counter that threads wait on

typedef struct {
  _Alignas(64) atomic_uint value;
  atomic_uint sleepers;
  pthread_mutex_t mutex;
  pthread_cond_t moved;
} event;

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void event_sleep(event *e, unsigned old) {
  for (int yield = 0; yield < YIELDS; yield++) {
    if (atomic_load_explicit(&e->value, memory_order_acquire) != old) return;
    sched_yield();
  }
  pthread_mutex_lock(&e->mutex);
  atomic_fetch_add(&e->sleepers, 1);
  while (atomic_load(&e->value) == old) pthread_cond_wait(&e->moved, &e->mutex);
  atomic_fetch_sub(&e->sleepers, 1);
  pthread_mutex_unlock(&e->mutex);
}

/// Waits until the counter is no longer `old`, and adds the time after spinning to `waited` unless it is NULL.
static void event_wait(event *e, unsigned old, int spins, uint64_t *waited) {
  for (int spin = 0; spin < spins; spin++) {
    if (atomic_load_explicit(&e->value, memory_order_acquire) != old) return;
    cpu_relax();
  }
  uint64_t start = waited ? nanoseconds() : 0;
  event_sleep(e, old);
  if (waited) *waited += nanoseconds() - start;
}

/// A sleeper increments `sleepers` before it reads the value, and this function reads `sleepers` after it has changed
/// the value, so no sleeper is missed.
static void event_move(event *e) {
  atomic_fetch_add(&e->value, 1);
  if (atomic_load(&e->sleepers) > 0) {
    pthread_mutex_lock(&e->mutex);
    pthread_cond_broadcast(&e->moved);
    pthread_mutex_unlock(&e->mutex);
  }
}

// MARK: The team

typedef struct {
  mynah_team *team;
  int index;
  pthread_t thread;
} member;

/// Contention with other programs for the processors. In this case, threads at a barrier wait for milliseconds for a
/// thread that is not running. If the caller waits for more than (threads - 1) / threads of the time, it is faster
/// alone: it works alone for a while, then tries the team again. The results are bitwise identical.
///
/// Only the thread that holds the team's mutex accesses it.
typedef struct {
  uint64_t used, waited;  // nanoseconds since the last decision: in runs of the team, and in barriers of these runs
  uint64_t alone_until, alone_for;
} contention;

enum { DECISION = 2000000, SHORTEST_ALONE = 10000000, LONGEST_ALONE = 160000000 };

static void decide(contention *c, uint64_t now, int threads) {
  if (c->used < DECISION) return;
  bool is_contended = c->waited * (uint64_t)threads > c->used * (uint64_t)(threads - 1);
  c->alone_until = is_contended ? now + c->alone_for : 0;
  c->alone_for = !is_contended ? SHORTEST_ALONE : c->alone_for < LONGEST_ALONE ? 2 * c->alone_for : LONGEST_ALONE;
  c->used = c->waited = 0;
}

struct mynah_team {
  event work_given, all_arrived;
  _Alignas(64) atomic_int arrived;
  atomic_bool stopping;
  pthread_mutex_t busy;
  mynah_work work;
  void *context;
  int threads;
  int spins;  // 0 if there are more threads than processors: a spinning thread would keep another from arriving
  contention contention;
  member members[];
};

static void event_init(event *e) {
  atomic_init(&e->value, 0);
  atomic_init(&e->sleepers, 0);
  pthread_mutex_init(&e->mutex, NULL);
  pthread_cond_init(&e->moved, NULL);
}

static void event_destroy(event *e) {
  pthread_mutex_destroy(&e->mutex);
  pthread_cond_destroy(&e->moved);
}

static void *member_main(void *argument) {
  member *self = argument;
  mynah_team *team = self->team;
  flush_denormals();
  for (unsigned seen = 0;; seen++) {
    event_wait(&team->work_given, seen, team->spins, NULL);
    if (atomic_load(&team->stopping)) return NULL;
    mynah_worker worker = {.thread = self->index, .count = team->threads, .team = team};
    team->work(team->context, &worker);
    mynah_worker_wait(&worker);
  }
}

mynah_team *mynah_team_start(int threads) {
  if (threads < 1) return NULL;
  size_t size = sizeof(mynah_team) + (size_t)threads * sizeof(member);
  mynah_team *team = NULL;
  if (posix_memalign((void **)&team, 64, size) != 0) return NULL;
  event_init(&team->work_given);
  event_init(&team->all_arrived);
  atomic_init(&team->arrived, 0);
  atomic_init(&team->stopping, false);
  pthread_mutex_init(&team->busy, NULL);
  team->threads = 1;
  team->contention = (contention){.alone_for = SHORTEST_ALONE};
  team->spins = threads <= sysconf(_SC_NPROCESSORS_ONLN) ? SPINS : 0;
  for (int index = 1; index < threads; index++) {
    team->members[index] = (member){.team = team, .index = index};
    if (pthread_create(&team->members[index].thread, NULL, member_main, &team->members[index]) != 0) {
      mynah_team_stop(team);
      return NULL;
    }
    team->threads = index + 1;
  }
  return team;
}

void mynah_team_stop(mynah_team *team) {
  if (!team) return;
  atomic_store(&team->stopping, true);
  event_move(&team->work_given);
  for (int index = 1; index < team->threads; index++) pthread_join(team->members[index].thread, NULL);
  event_destroy(&team->work_given);
  event_destroy(&team->all_arrived);
  pthread_mutex_destroy(&team->busy);
  free(team);
}

int mynah_team_threads(const mynah_team *team) { return team ? team->threads : 1; }

/// Runs the work on all threads of the team, whose mutex this thread holds.
static void run_together(mynah_team *team, mynah_work work, void *context, uint64_t start) {
  team->work = work;
  team->context = context;
  event_move(&team->work_given);
  mynah_worker worker = {.thread = 0, .count = team->threads, .team = team};
  work(context, &worker);
  mynah_worker_wait(&worker);
  uint64_t end = nanoseconds();
  team->contention.used += end - start;
  decide(&team->contention, end, team->threads);
}

static void run(mynah_team *team, mynah_work work, void *context, bool may_be_alone) {
  uint64_t old = flush_denormals();
  bool has_team = team && team->threads > 1 && pthread_mutex_trylock(&team->busy) == 0;
  uint64_t start = has_team ? nanoseconds() : 0;
  if (has_team && (start >= team->contention.alone_until || !may_be_alone)) {
    run_together(team, work, context, start);
  } else {
    mynah_worker alone = {.thread = 0, .count = 1, .team = NULL};
    work(context, &alone);
  }
  if (has_team) pthread_mutex_unlock(&team->busy);
  restore_denormals(old);
}

void mynah_team_run(mynah_team *team, mynah_work work, void *context) { run(team, work, context, true); }

void mynah_team_run_all(mynah_team *team, mynah_work work, void *context) { run(team, work, context, false); }

void mynah_worker_wait(const mynah_worker *worker) {
  mynah_team *team = worker->team;
  if (!team) return;
  unsigned old = atomic_load(&team->all_arrived.value);
  if (atomic_fetch_add(&team->arrived, 1) + 1 == worker->count) {
    atomic_store(&team->arrived, 0);
    event_move(&team->all_arrived);
  } else {
    // A team with more threads than processors always waits, by choice of its caller, so its waits do not count.
    bool counts = worker->thread == 0 && team->spins > 0;
    event_wait(&team->all_arrived, old, team->spins, counts ? &team->contention.waited : NULL);
  }
}
