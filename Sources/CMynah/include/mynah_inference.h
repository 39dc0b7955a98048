// Inference kernels: stacked recurrent layers over weights that are packed once, in float32, bfloat16 or int8.
//
// One call advances B streams by T steps: one token of one stream (T = B = 1), a prompt, a batch, or a chunk of a long
// text with the losses of its targets. Letters as in mynah_scan.h. Included by CMynah.h.
#ifndef MYNAH_INFERENCE_H
#define MYNAH_INFERENCE_H

/// The format of packed weights. Everything else is float32.
///
/// - MYNAH_WEIGHTS_BFLOAT16: weights rounded to bfloat16; rows of x are rounded in the same way when they are used, and
///   their products are summed in float32.
/// - MYNAH_WEIGHTS_INT8: each row of W as integers in -127 ... 127 times a scale per row; rows of x are rounded in the
///   same way when they are used, and products are exact sums of integers. Needs columns ≤ MYNAH_INT8_MOST_COLUMNS.
typedef enum { MYNAH_WEIGHTS_FLOAT32 = 0, MYNAH_WEIGHTS_BFLOAT16 = 1, MYNAH_WEIGHTS_INT8 = 2 } mynah_weights;
enum { MYNAH_INT8_MOST_COLUMNS = 1 << 17 };  // 127² × columns stays below 2³¹

/// A matrix W [N, K] in panels of vectors of rows. If it has G > 1 blocks, N is G·H, and a panel contains the rows of
/// all blocks for the same units; otherwise rows are in order. Missing rows are zeros.
typedef struct {
  mynah_weights kind;
  size_t rows, columns;  // N, K
  size_t blocks;         // G ≤ 4; 0 is the same as 1
  const void *panels;    // 64-byte aligned
} mynah_packed;

/// One recurrent layer. Pointers and panels are NULL where the cell has no such thing (mynah_cell_traits).
typedef struct {
  mynah_cell cell;
  size_t hidden, output;        // H, P
  mynah_packed input;           // W_ih [Gi·H, I] in Gi blocks; not read in the first layer if there is a table
                                // with x_before, [Gi·H, 2·I]: the weights of x_t, then those of x_{t−1}
  mynah_packed recurrent;       // W_hh [(Gr − late)·H, P] in Gr − late blocks
  mynah_packed second;          // the step's second product: W_hr [P, H], or W_hh's late blocks [late·H, H]
  const float *bias;            // [Gi·H]: bias_ih plus bias_hh of the added blocks
  const float *recurrent_bias;  // [(Gr − added)·H]: bias_hh of the other blocks, or NULL for zeros
  const float *vectors[MYNAH_MOST_VECTORS];  // [H] each
  float *h, *c;                 // [B, P], [B, H]: the state, overwritten with the one after the last step
  float *x_before;              // [B, I], likewise: the previous step's inputs, or NULL if the layer reads only x_t
  bool residual;                // adds the layer's input to its output, but not to h: I = P
} mynah_inference_layer;

typedef struct {
  size_t steps, batch, layer_count;  // T, B: none is zero; without layers the output layer reads x
  const mynah_inference_layer *layers;
  const float *x;             // [T·B, I]: the inputs, or NULL for those of `ids`
  const int32_t *ids;         // [T·B], each in 0 ..< V
  const float *embedding;  // [V, E]: the inputs of ids; with a table, read only by residual layers and identity skips
  const float *table;         // [V, table_width]: the first layer's projected inputs, made by `tabulate`, or NULL;
                              // without x_before
  size_t vocabulary;          // V
  mynah_packed output;        // W [V, P of the last layer]; not read if neither logits nor losses are wanted
  const float *output_bias;   // [V]
  float *outputs;             // [T·B, P]: the last layer's outputs, or NULL if not wanted
  float *logits;              // [B, V] after the last step, or NULL if not wanted
  const int32_t *targets;     // [T·B], each in 0 ..< V, or NULL if no losses are wanted
  double *row_losses;         // [T·B]: negative log-probabilities of the targets, in nats
  bool reversed;              // walks through the panels backwards: alternating calls find the last ones still in cache
  void *workspace;            // 64-byte aligned
} mynah_inference_pass;

/// The inference kernels of one instruction set.
typedef struct {
  mynah_isa isa;      // the set that it belongs to
  const char *name;
  size_t lanes;       // floats in a vector
  bool has_dot8;      // whether one instruction sums products of four bytes

  // Quantises rows of x [rows, columns] to integers in -127 ... 127 and a scale per row: scale = max |x| / 127, rounded
  // up a little. A row that is not finite gets a scale that is not finite.
  void (*quantize_rows)(int8_t *q, float *scales, const float *x, size_t rows, size_t columns);

  // Packs a matrix into panels; packed_bytes returns their size. matrix->panels is not read.
  size_t (*packed_bytes)(const mynah_packed *matrix);
  void (*pack)(mynah_team *team, void *panels, const mynah_packed *matrix, const float *w);  // w [N, K]

  // y[B, N] = start[N] + x[B, K]·Wᵀ; start may be NULL. The matrix has one block.
  size_t (*multiply_packed_bytes)(const mynah_packed *matrix, size_t batch);
  void (*multiply_packed)(mynah_team *team, float *y, const float *start, const float *x, const mynah_packed *matrix,
                          size_t batch, void *workspace);

  // table[rows, table_width] = bias + x[rows, I]·W_ihᵀ in the order of W_ih's panels: the projected inputs of a layer,
  // one row per token.
  size_t (*table_width)(const mynah_packed *matrix);
  size_t (*tabulate_bytes)(const mynah_packed *matrix, size_t rows);
  void (*tabulate)(mynah_team *team, float *table, const float *bias, const float *x, const mynah_packed *matrix,
                   size_t rows, void *workspace);

  size_t (*advance_bytes)(const mynah_inference_pass *pass, size_t threads);  // the workspace
  void (*advance)(mynah_team *team, const mynah_inference_pass *pass);

  bool (*all_finite)(mynah_team *team, const float *x, size_t count);
  // A token for each row of logits [rows, count], drawn with probability ∝ exp(logit · the row's inverse temperature)
  // from a uniform number in 0 ..< 1. If the inverse temperature is ∞, the first token with the maximum logit is
  // chosen. Forbidden tokens are never drawn; -1 if no token is left. workspace: 64-byte aligned.
  size_t (*draw_bytes)(size_t count, size_t threads);
  void (*draw)(mynah_team *team, int32_t *ids, const float *logits, size_t rows, size_t count,
               const int32_t *forbidden, size_t forbidden_count, const float *inverse_temperatures,
               const double *uniforms, void *workspace);
} mynah_inference_kernels;

enum { MYNAH_INFERENCE_COUNT = 8 };
/// The kernels with index 0 ..< MYNAH_INFERENCE_COUNT, slowest first, or NULL if this machine (or this build) lacks
/// them.
const mynah_inference_kernels *mynah_inference_at(int index);
/// The fastest kernels of the instruction set that `mynah_kernels_best` selects, or of a smaller one.
const mynah_inference_kernels *mynah_inference_best(void);

#endif
