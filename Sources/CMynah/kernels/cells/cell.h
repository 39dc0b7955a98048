// The definition of a recurrent cell: its traits, and functions that apply it to one vector of units at one step.
//
// The scan (kernels/scan) and inference (kernels/inference) compute the matrix products, loop over rows and units, and
// move values between memory and `cell_units`. A cell's file adds only the arithmetic.

enum { MOST_BLOCKS = 4, MOST_VECTORS = MYNAH_MOST_VECTORS };

/// The values of LANES units of one row at one step, or their gradients.
///
/// The order of blocks: input blocks, recurrent blocks that are not added to these, the identity skip.
typedef struct {
  vfloat blocks[MOST_BLOCKS];
  vfloat h, c;
  vfloat m;                      // the step's intermediate vector
  vfloat vectors[MOST_VECTORS];  // the cell's parameters, such as peepholes
} cell_units;

typedef struct {
  mynah_cell_traits traits;
  // Replaces the sums in u->blocks by the activations that `backward` reads, and the state in u->h and u->c by the next
  // one. With a projection, u->h becomes the intermediate vector.
  void (*forward)(cell_units *u);
  // Replaces the gradients of the next state in d->h and d->c by the gradients of the previous state, except for the
  // part through W_hh, and sets d->blocks and d->vectors. u: the activations and the state before the step; next->c:
  // the state after it.
  void (*backward)(const cell_units *u, const cell_units *next, cell_units *d);
  // Cells with late blocks: activates the first blocks, one for each late block, and sets u->m. `forward` and
  // `backward` leave these blocks alone.
  void (*reset)(cell_units *u);
  // Sets the gradients of the first blocks and adds to d->h, given d->m.
  void (*reset_backward)(const cell_units *u, cell_units *d);
} cell_kind;

/// The number of blocks that are sums, and the number of blocks in memory.
INLINE size_t summed_blocks(const mynah_cell_traits *c) {
  return c->input_blocks + c->recurrent_blocks - c->added_blocks;
}
INLINE size_t kept_blocks(const mynah_cell_traits *c) { return summed_blocks(c) + (c->has_identity_skip ? 1 : 0); }

/// The index of recurrent block r among the kept blocks.
INLINE size_t recurrent_block(const mynah_cell_traits *c, size_t r) {
  return r < c->added_blocks ? r : c->input_blocks + r - c->added_blocks;
}

/// The gradient with respect to the input of a sigmoid or tanh, given the gradient `d` of its output `y`.
INLINE vfloat through_sigmoid(vfloat d, vfloat y) { return d * y * (1.0f - y); }
INLINE vfloat through_tanh(vfloat d, vfloat y) { return d * (1.0f - y * y); }

/// Loops whose bounds are constants of the cell.
#define EACH_FROM(first, count, index) \
  _Pragma("clang loop unroll(full)") for (size_t index = (first); index < (count); index++)
#define EACH_OF(count, index) EACH_FROM(0, count, index)
