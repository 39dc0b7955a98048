// GRU that resets after the product with W_hh, as PyTorch, cuDNN and Keras do (K. Cho et al., "Learning phrase
// representations using RNN encoder–decoder for statistical machine translation", 2014, resets before it:
// gru_reset_before.h). Blocks r, z, x_n, h_n.
//
//   r, z = σ(W_ih x + b_ih + W_hh h + b_hh)   x_n = W_in x + b_in   h_n = W_hn h + b_hn
//   n = tanh(x_n + r ⊙ h_n)                   h' = (1 − z) ⊙ n + z ⊙ h

INLINE void gru_forward(cell_units *u) {
  vfloat r = vsigmoid(u->blocks[0]), z = vsigmoid(u->blocks[1]), n = vtanh(fma_(r, u->blocks[3], u->blocks[2]));
  u->blocks[0] = r, u->blocks[1] = z, u->blocks[2] = n;  // h_n stays
  u->h = fma_(z, u->h - n, n);
}

INLINE void gru_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  (void)next;
  vfloat r = u->blocks[0], z = u->blocks[1], n = u->blocks[2], h_n = u->blocks[3];
  vfloat d_n = through_tanh(d->h * (1.0f - z), n);
  d->blocks[0] = through_sigmoid(d_n * h_n, r);
  d->blocks[1] = through_sigmoid(d->h * (u->h - n), z);
  d->blocks[2] = d_n;
  d->blocks[3] = d_n * r;
  d->h *= z;
}

static const cell_kind gru_cell = {
    .traits = {.name = "gru",
               .input_blocks = 3,
               .recurrent_blocks = 3,
               .added_blocks = 2,
               .has_hidden_state = true,
               .blends_hidden = true},
    .forward = gru_forward,
    .backward = gru_backward,
};
