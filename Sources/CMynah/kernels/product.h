// The common part of all kernels' products: their operands, and the layout of packed matrices.
//
// Every instruction set provides, in gemm_fma.h or gemm_amx.h:
//   form_for          the best form of a packed B for products of this many rows
//   packed_size       the size of a packed B in floats, in any form
//   pack              packs panels of B from its rows
//   pack_transposed   the same from the rows of Bᵀ
//   multiply          C = start + A·B for one A and one or more packed B
// B is packed once and used many times; A is read in place. Each element of C is one sum in the order of k that starts
// from `start`, however m, n and k are divided, so the result does not depend on blocks and threads.

/// The form of a packed B: the precision of its elements and, on AMX, whether multiply-adds read it instead of tiles.
typedef enum { FORM_FLOAT32 = MYNAH_FLOAT32, FORM_BFLOAT16 = MYNAH_BFLOAT16, FORM_FEW_ROWS } form;

/// The columns of a kept matrix (kept.h) that are contiguous: a pair of tiles on AMX, else a cache line, or a register
/// tile if that is narrower.
#if HAS_AMX
enum { KEPT_WIDTH = 2 * LANES };
#else
enum { KEPT_WIDTH = TILE_VECTORS * LANES < 16 ? TILE_VECTORS * LANES : 16 };
#endif
enum { KEPT_VECTORS = KEPT_WIDTH / LANES };
INLINE size_t kept_groups(size_t n) { return (n + KEPT_WIDTH - 1) / KEPT_WIDTH; }

/// A: element (row, k) is base[row·row_stride + k·k_stride]; one of the strides is 1. In a kept matrix, groups of
/// KEPT_WIDTH rows, or of k, are a group stride apart.
typedef struct {
  const float *base;
  size_t row_stride, k_stride;
  size_t row_group_stride, k_group_stride;  // 0: no groups
  bool in_pairs;                            // elements are pairs of bfloat16 values along k, half as many
} operand;

/// The elements of a group along k.
INLINE size_t k_group_of(const operand *a) { return a->in_pairs ? KEPT_WIDTH / 2 : KEPT_WIDTH; }

/// The address of element (row, k) of an A; k begins a group, if there are groups.
INLINE const float *element(const operand *a, size_t row, size_t k) {
  const float *p = a->base;
  p += a->row_group_stride ? row / KEPT_WIDTH * a->row_group_stride + row % KEPT_WIDTH * a->row_stride
                           : row * a->row_stride;
  return p + (a->k_group_stride ? k / k_group_of(a) * a->k_group_stride : k * a->k_stride);
}

INLINE operand rows_of(const float *base, size_t ld) {
  return (operand){.base = base, .row_stride = ld, .k_stride = 1};
}
INLINE operand columns_of(const float *base, size_t ld) {
  return (operand){.base = base, .row_stride = 1, .k_stride = ld};
}

/// The rows of a B to pack, `ld` apart.
typedef struct {
  const float *base;
  size_t ld;
  // They may come in groups of `group` rows that are padded with zeros to `padded_group` when packed: the blocks of a
  // cell, which the scan keeps in whole vectors. 0: no groups.
  size_t group, padded_group;
  const float *scales;  // the factor of each row, or NULL
  const float *before;  // `before_count` rows elsewhere that come first: the state before a sequence
  size_t before_count;
  size_t skipped;       // rows that are skipped at the beginning
} source_rows;

INLINE source_rows plain_rows(const float *base, size_t ld) { return (source_rows){.base = base, .ld = ld}; }

/// Row i of the packed matrix; NULL for padding.
INLINE const float *source_row(const source_rows *s, size_t i) {
  i += s->skipped;
  if (i < s->before_count) return s->before + i * s->ld;
  i -= s->before_count;
  if (s->group == s->padded_group) return s->base + i * s->ld;
  size_t group = i / s->padded_group, row = i % s->padded_group;
  return row < s->group ? s->base + (group * s->group + row) * s->ld : NULL;
}

/// One C of a product: columns of some panels of its packed B.
typedef struct {
  float *c;
  size_t ldc;
  const float *start;    // the start of the sums: NULL for zeros, c for its existing values
  size_t start_stride;   // between its rows; 0 repeats one row: a bias
  const float *packed;
  size_t n;
  range panels;
  bool whole_vectors;    // C's rows, and `start`'s, have room for n rounded up to LANES
  size_t group_stride;   // between the groups of KEPT_WIDTH columns of a kept C; 0: side by side
} product;

/// The start of a tile's sums: C's rows from `row` on and columns from `first` on, whose address in C is `c`; NULL for
/// zeros.
INLINE const float *start_of(const product *s, size_t row, size_t first, const float *c) {
  return s->start == s->c ? c : s->start ? s->start + row * s->start_stride + first : NULL;
}
