// GRU that resets before the product with W_hh (K. Cho et al., "Learning phrase representations using RNN
// encoder–decoder for statistical machine translation", 2014). Blocks r, z, n; n is the late block, whose product takes
// r ⊙ h in place of h.
//
//   r, z = σ(W_ih x + W_hh h + b)   n = tanh(W_in x + W_hn (r ⊙ h) + b_n)   h' = (1 − z) ⊙ n + z ⊙ h

INLINE void gru_before_reset(cell_units *u) {
  u->blocks[0] = vsigmoid(u->blocks[0]);
  u->m = u->blocks[0] * u->h;
}

INLINE void gru_before_forward(cell_units *u) {
  vfloat z = vsigmoid(u->blocks[1]), n = vtanh(u->blocks[2]);
  u->blocks[1] = z, u->blocks[2] = n;
  u->h = fma_(z, u->h - n, n);
}

INLINE void gru_before_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  (void)next;
  vfloat z = u->blocks[1], n = u->blocks[2];
  d->blocks[1] = through_sigmoid(d->h * (u->h - n), z);
  d->blocks[2] = through_tanh(d->h * (1.0f - z), n);
  d->h *= z;
}

INLINE void gru_before_reset_backward(const cell_units *u, cell_units *d) {
  d->blocks[0] = through_sigmoid(d->m * u->h, u->blocks[0]);
  d->h = fma_(d->m, u->blocks[0], d->h);
}

static const cell_kind gru_reset_before_cell = {
    .traits = {.name = "gru-reset-before",
               .input_blocks = 3,
               .recurrent_blocks = 3,
               .added_blocks = 3,
               .late_blocks = 1,
               .has_hidden_state = true,
               .blends_hidden = true},
    .forward = gru_before_forward,
    .backward = gru_before_backward,
    .reset = gru_before_reset,
    .reset_backward = gru_before_reset_backward,
};
