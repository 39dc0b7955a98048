// Scan kernels: one recurrent layer over a sequence, forward and backward, for every kind of cell.
//
// Letters in shape comments: T steps, B batch, I input, H hidden, P output (H unless the cell projects it), Gi input
// blocks, Gr recurrent blocks, X inputs: T·B, or fewer distinct ones. Included by CMynah.h.
#ifndef MYNAH_SCAN_H
#define MYNAH_SCAN_H

/// The recurrent cells. kernels/cells has a file for each, with its equations and their source.
typedef enum {
  MYNAH_CELL_LSTM = 0,
  MYNAH_CELL_RNN_TANH,
  MYNAH_CELL_RNN_RELU,
  MYNAH_CELL_GRU,               // resets after the product with W_hh, as PyTorch and cuDNN do
  MYNAH_CELL_GRU_RESET_BEFORE,  // resets before it, as in the original paper
  MYNAH_CELL_PEEPHOLE_LSTM,
  MYNAH_CELL_COUPLED_LSTM,
  MYNAH_CELL_CAPPED_LSTM,
  MYNAH_CELL_PROJECTED_LSTM,
  MYNAH_CELL_MIN_GRU,
  MYNAH_CELL_SRU,               // the highway connection is a block of its own
  MYNAH_CELL_SRU_IDENTITY,      // the highway connection is the input: I = H
  MYNAH_CELL_QRNN,
} mynah_cell;
enum { MYNAH_CELL_COUNT = MYNAH_CELL_QRNN + 1, MYNAH_MOST_VECTORS = 3 };

/// The shape of a cell. A block contains the sums of one gate: H values per row.
///
/// The first `added_blocks` recurrent blocks are added to the input blocks of the same index; the others are kept as
/// separate sums.
typedef struct {
  const char *name;
  size_t input_blocks;      // Gi: W_ih is [Gi·H, I]
  size_t recurrent_blocks;  // Gr: W_hh is [Gr·H, P]; none if 0
  size_t added_blocks;
  size_t late_blocks;       // the last recurrent blocks, which multiply the step's intermediate vector in place of h
  size_t vectors;           // parameters [H], such as peepholes
  bool has_hidden_state;    // h [B, P] is carried from step to step
  bool has_cell_state;      // c [B, H] is carried from step to step
  bool has_projection;      // the output is W_hr [P, H] times the step's intermediate vector; else P = H
  bool has_identity_skip;   // the cell reads the input's own units: I = H
  bool blends_hidden;       // h also enters the new state directly, not only through W_hh
} mynah_cell_traits;

/// Returns true if a step computes an intermediate vector, for its late blocks or its projection.
static inline bool mynah_has_intermediate(const mynah_cell_traits *cell) {
  return cell->late_blocks || cell->has_projection;
}

/// The traits of a cell, or NULL if `cell` is not valid.
const mynah_cell_traits *mynah_traits_of(mynah_cell cell);

/// The sizes of a pass, none of which is zero but `distinct`.
typedef struct {
  mynah_cell cell;
  size_t steps, batch, input, hidden, output;  // T, B, I, H, P
  // The number of distinct inputs, such as the embeddings of the tokens that occur; 0: each step has its own. W_ih is
  // multiplied with each distinct input once, instead of T·B times. Not for cells with an identity skip.
  size_t distinct;
} mynah_scan_sizes;

/// One layer over a sequence. Pointers are NULL where the cell has no such thing.
typedef struct {
  mynah_precision precision;
  mynah_scan_sizes sizes;
  const float *x;                            // [X, I]
  const int32_t *x_rows;                     // [T·B]: rows of x, if there are distinct inputs; else NULL
  const float *weight_ih, *weight_hh;        // [Gi·H, I], [Gr·H, P]
  const float *weight_hr;                    // [P, H]
  const float *bias_ih, *bias_hh;            // [Gi·H], [Gr·H]; bias_hh may be NULL for zeros
  const float *vectors[MYNAH_MOST_VECTORS];  // [H] each
  const float *h0, *c0;                      // [B, P], [B, H]
  float *gates;                              // scan_gates_size floats: the activations, in the kernels' own order
  float *cells;                              // scan_cells_size floats: c before and after each step, likewise
  float *intermediate;                       // [T·B, H] if there are late blocks or a projection
  float *output;                             // [T·B, P]; the last step's rows are the last h
  float *last_c;                             // [B, H]
  float *workspace;
} mynah_scan_forward;

/// The gradients of a pass.
typedef struct {
  mynah_scan_forward forward;            // as the forward pass left it
  const float *d_output;                 // [T·B, P], or NULL for zeros
  const float *d_last_h, *d_last_c;      // [B, P], [B, H], or NULL for zeros
  float *d_x;                            // [X, I], or NULL if not wanted
  float *d_weight_ih, *d_weight_hh;      // [Gi·H, I], [Gr·H, P]
  float *d_weight_hr;                    // [P, H]
  float *d_bias_ih, *d_bias_hh;          // [Gi·H], [Gr·H]; d_bias_hh may be NULL if not wanted
  float *d_vectors[MYNAH_MOST_VECTORS];  // [H] each
  float *d_h0, *d_c0;                    // [B, P], [B, H]
  float *d_gates;                        // scan_gates_size floats: before activation; may be forward.gates
  float *d_projected;                    // [T·B, P] if there is a projection: including gradients through later steps
  float *workspace;
} mynah_scan_backward;

#endif
