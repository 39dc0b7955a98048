// Transposes LANES × LANES words of 32 bits in registers: 4 × 4 within every 128 bits, then blocks of 128 bits.
// Processors have a single instruction for each of these shuffles.

// The lane of a pair of rows that moves to lane l; the second row's lanes count from LANES on.
#define WORDS_LOW(l) ((l) / 4 * 4 + (l) % 4 / 2 + (l) % 2 * LANES)        // a0 b0 a1 b1
#define WORDS_HIGH(l) (WORDS_LOW(l) + 2)                                  // a2 b2 a3 b3
#define PAIRS_LOW(l) ((l) % 4 < 2 ? (l) : LANES + (l) - 2)                // a0 a1 b0 b1
#define PAIRS_HIGH(l) (PAIRS_LOW(l) + 2)                                  // a2 a3 b2 b3
#define BLOCKS_EVEN(l) ((l) % 4 + (l) / 4 * 8)                            // of 128 bits: a0 a2 … b0 b2 …
#define BLOCKS_ODD(l) (BLOCKS_EVEN(l) + 4)
#define FOUR_LANES(LANE, l) LANE(l), LANE((l) + 1), LANE((l) + 2), LANE((l) + 3)
#if LANES == 16
#define EACH_LANE(LANE) FOUR_LANES(LANE, 0), FOUR_LANES(LANE, 4), FOUR_LANES(LANE, 8), FOUR_LANES(LANE, 12)
#elif LANES == 8
#define EACH_LANE(LANE) FOUR_LANES(LANE, 0), FOUR_LANES(LANE, 4)
#else
#define EACH_LANE(LANE) FOUR_LANES(LANE, 0)
#endif
/// For all pairs of rows (i, i + d): both are replaced by a shuffle of both.
#define SHUFFLE_ROWS(rows, d, FIRST, SECOND)                                                      \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < LANES; i++) if (!(i & (d))) {         \
    vfloat a = (rows)[i], b = (rows)[i + (d)];                                                    \
    (rows)[i] = __builtin_shufflevector(a, b, EACH_LANE(FIRST));                                  \
    (rows)[i + (d)] = __builtin_shufflevector(a, b, EACH_LANE(SECOND));                           \
  }

INLINE void transpose(vfloat rows[LANES]) {
  SHUFFLE_ROWS(rows, 1, WORDS_LOW, WORDS_HIGH)
  SHUFFLE_ROWS(rows, 2, PAIRS_LOW, PAIRS_HIGH)
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i += 4) {
    vfloat second = rows[i + 2];
    rows[i + 2] = rows[i + 1], rows[i + 1] = second;
  }
#if LANES >= 8
  SHUFFLE_ROWS(rows, 4, BLOCKS_EVEN, BLOCKS_ODD)
#endif
#if LANES >= 16
  SHUFFLE_ROWS(rows, 8, BLOCKS_EVEN, BLOCKS_ODD)
#endif
}

/// Writes the transpose, `count` rows of LANES elements, of `rows` rows of `count` elements, padded with zero rows.
INLINE void transpose_block(float *to, size_t to_stride, const float *from, size_t from_stride, const size_t rows,
                            const size_t count) {
  vfloat lines[LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) lines[i] = i < rows ? load_first(from + i * from_stride, count) : splat(0);
  transpose(lines);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++)
    if (i < count) store(to + i * to_stride, lines[i]);
}

#undef SHUFFLE_ROWS
#undef EACH_LANE
#undef FOUR_LANES
#undef BLOCKS_ODD
#undef BLOCKS_EVEN
#undef PAIRS_HIGH
#undef PAIRS_LOW
#undef WORDS_HIGH
#undef WORDS_LOW
