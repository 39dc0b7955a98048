// Memory and random numbers for the programs that run the kernels on their own (sanitize-driver.c, compare-sets.c).
#include "CMynah.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local uint64_t state = 1;

/// A random number in -1 ..< 1 (xorshift64*, S. Vigna 2016).
static float draw(void) {
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return (float)((state * 0x2545F4914F6CDD1DULL) >> 40) * 0x1p-23f - 1;
}

static void *checked(void *memory) {
  if (!memory) fprintf(stderr, "out of memory\n"), exit(1);
  return memory;
}

/// Uninitialised memory, so that a memory sanitizer reports reads of elements that were never written.
static float *room(size_t count) { return checked(malloc(count ? count * sizeof(float) : 1)); }

/// Memory of exactly this many bytes, aligned to 64 bytes.
static void *lines(size_t bytes) {
  void *result = NULL;
  if (posix_memalign(&result, 64, bytes ? bytes : 1) != 0) checked(NULL);
  return result;
}

static float *numbers(size_t count) {
  float *result = room(count);
  for (size_t i = 0; i < count; i++) result[i] = draw();
  return result;
}
