// CMynah: the float32 kernels of Mynah.
//
// Letters in shape comments: T steps, B batch, I input, H hidden, V vocabulary, E embedding. All matrices are
// row-major. The order of arguments is outputs, inputs, sizes. Kernels allocate nothing: the caller passes a workspace
// whose size a `_workspace` function returns. There is one table of kernels per instruction set; `mynah_kernels_best`
// selects one.
//
// Determinism: each output element is summed by one thread in a fixed order, so results are bitwise identical with any
// number of threads (on one instruction set).
#ifndef MYNAH_H
#define MYNAH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: The team of threads (team.c)

/// A persistent team of threads: workers wait for the next piece of work, first spinning, then sleeping.
typedef struct mynah_team mynah_team;

/// One thread's view of a running piece of work.
typedef struct {
  int thread;        // 0 ..< count; 0 is the caller
  int count;         // threads that run this work
  mynah_team *team;  // NULL when the caller works alone
} mynah_worker;

typedef void (*mynah_work)(void *context, const mynah_worker *worker);

/// Starts `threads - 1` workers; returns NULL if memory or threads cannot be allocated.
mynah_team *mynah_team_start(int threads);
/// Ends the workers and frees the team. No work may be running.
void mynah_team_stop(mynah_team *team);
int mynah_team_threads(const mynah_team *team);
/// Runs `work` once on every thread of the team and returns when all are done. Denormals are flushed to zero inside.
/// The caller does all of the work alone, with bitwise identical results, if the team is NULL, is busy with another
/// caller's work, or has threads that other programs keep from running.
void mynah_team_run(mynah_team *team, mynah_work work, void *context);
/// Runs `work` as `mynah_team_run` does, but always on every thread of a team that is not busy, for benchmarks.
void mynah_team_run_all(mynah_team *team, mynah_work work, void *context);
/// Waits until every thread of the work has reached this point.
void mynah_worker_wait(const mynah_worker *worker);

// MARK: Instruction sets (dispatch.c)

/// In order of preference: a later set is faster if a machine has both.
typedef enum {
  MYNAH_PLAIN = 0,
  MYNAH_NEON,
  MYNAH_NEON_BF16,
  MYNAH_AVX2,
  MYNAH_AVX512,
  MYNAH_AVX512_BF16,
  MYNAH_AMX,
} mynah_isa;
enum { MYNAH_ISA_COUNT = 7 };

/// The precision of the factors of matrix products; sums are always float32. MYNAH_BFLOAT16 needs `has_bfloat16`.
typedef enum { MYNAH_FLOAT32 = 0, MYNAH_BFLOAT16 = 1 } mynah_precision;

/// The maximum number of rows for which AMX kernels compute float32 products by multiply-adds. The last bits of the
/// results differ from those of tiles.
enum { MYNAH_FEW_ROWS = 12 };

#include "mynah_scan.h"

/// Linear layer, softmax and cross-entropy in one pass over the rows; the full matrix of logits is never stored.
typedef struct {
  mynah_precision precision;
  size_t rows, hidden, vocabulary;     // N, H, V: none is zero
  const float *h;                      // [N, H]
  const float *weight, *bias;          // [V, H]; [V] or NULL
  const int32_t *targets;              // [N], each in 0 ..< V
  const float *row_weights;            // [N] or NULL for ones: the weight of each row's loss
  float scale;                         // factor of the gradients
  double *loss;                        // [1]: sum of row_weight × negative log-probability, in nats
  float *row_losses;                   // [N] or NULL: negative log-probabilities
  float *d_h;                          // [N, H]; NULL: no gradients are computed
  float *d_weight, *d_bias;            // [V, H]; [V] or NULL: overwritten
  float *workspace;
} mynah_cross_entropy;

/// The number of elements in a block of an update. The norm is summed in blocks of max(1, mynah_update_block / width)
/// rows.
enum { mynah_update_block = 16384 };

/// A trained matrix [rows, width] with its gradient: [rows, width], or the gradient of some rows only.
typedef struct {
  size_t rows, width;
  float *weights;                      // [rows, width]; not touched by the norm
  float *first_moments, *second_moments;  // [rows, width]: Adam's, the first one NULL if beta1 is 0; not touched by
                                          // the others
  const float *gradient;               // [rows, width], or [stored_count, width]
  const int32_t *stored_rows;          // [stored_count], ascending, no duplicates; NULL: all rows
  size_t stored_count;
} mynah_parameter;

/// A step of Adam; t is the number of steps, including this one.
typedef struct {
  float keep;                          // factor of the weights, 1 − the learning rate · the weight decay
  float scale;                         // factor of the gradients
  float rate;                          // the learning rate / (1 − beta1ᵗ)
  float beta1, beta2;                  // decay rates of the moments
  float root_scale;                    // 1 / √(1 − beta2ᵗ)
  float epsilon;
} mynah_adam;

/// A dropout mask: element i is kept if word first + i of a stream of random words is below `threshold`.
typedef struct {
  uint64_t seed, stream, first;
  uint32_t threshold;
  float scale;                         // factor of the kept elements
} mynah_dropout_mask;

/// The kernels of one instruction set.
typedef struct {
  mynah_isa isa;
  const char *name;
  size_t lanes;       // floats in a vector
  bool has_bfloat16;  // whether bfloat16 products are faster than float32 products on this machine

  // Benchmarks of the peak performance of the machine. `peak` runs multiply-adds in registers on all threads and
  // returns the number of floating-point operations, 0 if the set has no instructions for the precision; `read_through`
  // reads an array once, on all threads together.
  uint64_t (*peak)(mynah_team *team, mynah_precision precision, uint64_t rounds);
  void (*read_through)(mynah_team *team, const float *x, size_t count);

  // Vector mathematics: y[i] = f(x[i]); y may be x. Errors are given in vector_math.h and measured by tests.
  void (*exp)(float *y, const float *x, size_t count);
  void (*tanh)(float *y, const float *x, size_t count);
  void (*sigmoid)(float *y, const float *x, size_t count);

  // Reductions and updates, single-threaded; a fixed order of summation that does not depend on the address.
  double (*sum)(const float *x, size_t count);
  double (*sum_of_squares)(const float *x, size_t count);
  void (*axpy)(float *y, const float *x, float a, size_t count);  // y += a·x
  // sums[u] = Σ x[order[j]] over j in starts[u] ..< starts[u+1], rows of `width`, u in 0 ..< count; no sum is empty.
  void (*add_rows)(mynah_team *team, float *sums, const float *x, const int32_t *order, const size_t *starts,
                   size_t count, size_t width);

  // The gradients' norm and the optimisers' updates; one piece of work on the team covers all parameters. The squared
  // norm is Σ g² in double; norm_workspace returns the size of its workspace in doubles; afterwards, the workspace
  // contains the sums of the parameters' blocks of rows, in order.
  size_t (*norm_workspace)(const mynah_parameter *parameters, size_t count);
  double (*squared_norm)(mynah_team *team, const mynah_parameter *parameters, size_t count, double *workspace);
  void (*descend)(mynah_team *team, const mynah_parameter *parameters, size_t count, float rate);  // w −= rate·g
  void (*adam)(mynah_team *team, const mynah_parameter *parameters, size_t count, const mynah_adam *settings);

  void (*dropout)(mynah_team *team, float *y, const float *x, size_t count, const mynah_dropout_mask *mask);

  // C[M, N] = A·B, or C += A·B; A is M × K (K × M if a_transposed), B is K × N (N × K if b_transposed).
  size_t (*gemm_workspace)(size_t m, size_t n, size_t k);
  void (*gemm)(mynah_team *team, float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
               bool a_transposed, bool b_transposed, bool accumulate, mynah_precision precision, float *workspace);
  // The same in two steps: B is packed once into `gemm_workspace` floats and multiplied with many A of M rows each. The
  // workspace must not be moved in between, because the packed data is aligned within it.
  void (*gemm_pack)(mynah_team *team, float *packed, const float *b, size_t m, size_t n, size_t k, bool b_transposed,
                    mynah_precision precision);
  void (*gemm_packed)(mynah_team *team, float *c, const float *a, float *packed, size_t m, size_t n, size_t k,
                      bool accumulate, mynah_precision precision);

  // One recurrent layer over a sequence (mynah_scan.h). Sizes are in floats; traits are the same on all instruction
  // sets.
  const mynah_cell_traits *(*cell_traits)(mynah_cell cell);
  size_t (*scan_gates_size)(const mynah_scan_sizes *sizes);
  size_t (*scan_cells_size)(const mynah_scan_sizes *sizes);
  size_t (*scan_forward_workspace)(const mynah_scan_sizes *sizes);
  void (*scan_forward)(mynah_team *team, const mynah_scan_forward *pass);
  // The backward pass has two parts, each with its own workspace. The first goes back through time and writes d_gates,
  // d_vectors, d_h0, d_c0 and d_projected. The second sums and multiplies these gradients: it writes d_bias_ih,
  // d_bias_hh, d_weight_ih, d_weight_hh, d_weight_hr and d_x, and reads neither cells nor W_hh nor d_output.
  size_t (*scan_backward_workspace)(const mynah_scan_sizes *sizes);
  void (*scan_backward)(mynah_team *team, const mynah_scan_backward *pass);
  size_t (*scan_gradients_workspace)(const mynah_scan_sizes *sizes);
  void (*scan_gradients)(mynah_team *team, const mynah_scan_backward *pass);

  // The size is sufficient for a team of at most `threads` threads.
  size_t (*cross_entropy_workspace)(size_t rows, size_t hidden, size_t vocabulary, bool gradients,
                                    mynah_precision precision, size_t threads);
  void (*cross_entropy)(mynah_team *team, const mynah_cross_entropy *pass);
} mynah_kernels;

/// The kernels of an instruction set, or NULL if this machine (or this build) does not have it.
const mynah_kernels *mynah_kernels_for(mynah_isa isa);
/// The fastest kernels of this machine; the environment variable MYNAH_INSTRUCTION_SET (amx, avx512-bf16, avx512, avx2,
/// neon-bf16, neon, plain) overrides the choice where the machine has that set.
const mynah_kernels *mynah_kernels_best(void);

// MARK: Inference over packed weights (inference_*.c)

#include "mynah_inference.h"

#endif
