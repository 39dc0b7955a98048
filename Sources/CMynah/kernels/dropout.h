// Dropout with masks from a counter: y = x·scale if the element's random word is below a threshold, else 0.
//
// Words are those of Philox 4×32-10 (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2,
// 3", 2011): block n of a stream gives the words 4n ..< 4n + 4. The four words of a block are in 64-bit lanes, one
// block per lane, because vector instructions multiply 32 × 32 bits to 64 in this layout.

enum { BLOCKS = LANES / 2, GROUP = 4 * BLOCKS };  // blocks computed at once, and their words

typedef uint64_t vlong __attribute__((vector_size(LANES * 4), may_alias));
typedef uint32_t vword __attribute__((vector_size(LANES * 4), may_alias));

/// The words of BLOCKS blocks from `index` on, in their order.
INLINE void philox(vword words[2], uint64_t seed, uint64_t stream, uint64_t index) {
  const vlong low = (vlong){0} + UINT32_MAX;
  vlong c0 = {0}, c1, c2 = (vlong){0} + (uint32_t)stream, c3 = (vlong){0} + (stream >> 32);
  for (int lane = 0; lane < BLOCKS; lane++) c0[lane] = index + (uint64_t)lane;
  c1 = c0 >> 32;
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  // The high half of a lane is never read: products mask it away.
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    vlong p0 = (c0 & low) * 0xD2511F53u, p1 = (c2 & low) * 0xCD9E8D57u;
    c0 = (p1 >> 32) ^ c1 ^ k0, c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ k1, c3 = p0;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  vlong even = (c0 & low) | c1 << 32, odd = (c2 & low) | c3 << 32, pairs[2];
#pragma clang loop unroll(full)
  for (int lane = 0; lane < BLOCKS; lane++) {
    pairs[2 * lane / BLOCKS][2 * lane % BLOCKS] = even[lane];
    pairs[(2 * lane + 1) / BLOCKS][(2 * lane + 1) % BLOCKS] = odd[lane];
  }
  words[0] = (vword)pairs[0], words[1] = (vword)pairs[1];
}

typedef struct {
  float *y;
  const float *x;
  size_t count;
  const mynah_dropout_mask *mask;
} dropout_pass;

INLINE vfloat dropped(vfloat x, vword words, const mynah_dropout_mask *mask) {
  vint kept = (vint)(words < ((vword){0} + mask->threshold));
  return (vfloat)((vint)(x * mask->scale) & kept);
}

static void dropout_work(void *context, const mynah_worker *worker) {
  const dropout_pass *s = context;
  const mynah_dropout_mask *mask = s->mask;
  // Element 0 uses word `first`, which is not necessarily the first word of a block.
  const size_t skipped = mask->first % 4;
  range groups = share((skipped + s->count + GROUP - 1) / GROUP, worker);
  for (size_t g = groups.first; g < groups.last; g++) {
    vword words[2];
    philox(words, mask->seed, mask->stream, mask->first / 4 + g * BLOCKS);
    size_t first = g * GROUP;  // in words, `skipped` ahead of the elements
    if (first >= skipped && first - skipped + GROUP <= s->count) {
      const float *x = s->x + (first - skipped);
      float *y = s->y + (first - skipped);
      store(y, dropped(load(x), words[0], mask));
      store(y + LANES, dropped(load(x + LANES), words[1], mask));
    } else {
      uint32_t each[GROUP];
      memcpy(each, words, sizeof each);
      for (size_t j = first < skipped ? skipped - first : 0; j < GROUP && first + j < skipped + s->count; j++) {
        size_t i = first + j - skipped;
        s->y[i] = each[j] < mask->threshold ? s->x[i] * mask->scale : 0;
      }
    }
  }
}

static void dropout(mynah_team *team, float *y, const float *x, size_t count, const mynah_dropout_mask *mask) {
  dropout_pass pass = {y, x, count, mask};
  mynah_team_run(count < 1 << 14 ? NULL : team, dropout_work, &pass);
}
