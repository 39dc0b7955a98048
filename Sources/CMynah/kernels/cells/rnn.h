// Simple recurrent networks (J. Elman, "Finding structure in time", 1990).
//
//   h' = φ(W_ih x + W_hh h + b)   φ = tanh or max(·, 0)

INLINE void rnn_tanh_forward(cell_units *u) { u->h = u->blocks[0] = vtanh(u->blocks[0]); }

INLINE void rnn_tanh_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  (void)next;
  d->blocks[0] = through_tanh(d->h, u->blocks[0]);
}

// The comparisons keep NaN.
INLINE void rnn_relu_forward(cell_units *u) {
  u->h = u->blocks[0] = blend(u->blocks[0] < splat(0), splat(0), u->blocks[0]);
}

INLINE void rnn_relu_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  (void)next;
  d->blocks[0] = blend(u->blocks[0] == splat(0), splat(0), d->h);
}

static const cell_kind rnn_tanh_cell = {
    .traits =
        {.name = "rnn-tanh", .input_blocks = 1, .recurrent_blocks = 1, .added_blocks = 1, .has_hidden_state = true},
    .forward = rnn_tanh_forward,
    .backward = rnn_tanh_backward,
};

static const cell_kind rnn_relu_cell = {
    .traits =
        {.name = "rnn-relu", .input_blocks = 1, .recurrent_blocks = 1, .added_blocks = 1, .has_hidden_state = true},
    .forward = rnn_relu_forward,
    .backward = rnn_relu_backward,
};
