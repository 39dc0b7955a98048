// All kernels, compiled once for each instruction set by the isa_*.c files. Everything here except the table is static.
#include "simd.h"
#include "vector_math.h"
#include "elementwise.h"
#include "update.h"
#include "dropout.h"
#include "product.h"
#include "bfloat16.h"
#if HAS_AMX
#include "gemm_amx.h"
#else
#include "gemm_fma.h"
#endif
#include "kept.h"
#include "gemm.h"
#include "peak.h"
#include "cells/all.h"
#include "scan/units.h"
#include "scan/step_forward.h"
#include "scan/step_backward.h"
#include "scan/forward.h"
#include "scan/backward.h"
#include "scan/gradients.h"
#include "loss/cross_entropy.h"

const mynah_kernels ISA_TABLE = {
    .isa = ISA_ID,
    .name = ISA_NAME,
    .lanes = LANES,
    .has_bfloat16 = HAS_AMX || HAS_DOT,
    .peak = peak,
    .read_through = read_through,
    .exp = exp_array,
    .tanh = tanh_array,
    .sigmoid = sigmoid_array,
    .sum = sum,
    .sum_of_squares = sum_of_squares,
    .axpy = axpy,
    .add_rows = add_rows,
    .norm_workspace = norm_workspace,
    .squared_norm = squared_norm,
    .descend = descend,
    .adam = adam,
    .dropout = dropout,
    .gemm_workspace = gemm_workspace,
    .gemm = gemm,
    .gemm_pack = gemm_pack,
    .gemm_packed = gemm_packed,
    .cell_traits = cell_traits,
    .scan_gates_size = scan_gates_size,
    .scan_cells_size = scan_cells_size,
    .scan_forward_workspace = scan_forward_workspace,
    .scan_forward = scan_forward,
    .scan_backward_workspace = scan_backward_workspace,
    .scan_backward = scan_backward,
    .scan_gradients_workspace = scan_gradients_workspace,
    .scan_gradients = scan_gradients,
    .cross_entropy_workspace = cross_entropy_workspace,
    .cross_entropy = cross_entropy,
};
