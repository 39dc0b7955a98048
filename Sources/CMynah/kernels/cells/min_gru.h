// minGRU (L. Feng et al., "Were RNNs all we needed?", 2024, section 3.1). Blocks z, x_h; the gates do not read h.
//
//   z = σ(W_z x + b_z)   x_h = W_h x + b_h   h' = (1 − z) ⊙ h + z ⊙ x_h

INLINE void min_gru_forward(cell_units *u) {
  u->blocks[0] = vsigmoid(u->blocks[0]);
  u->h = fma_(u->blocks[0], u->blocks[1] - u->h, u->h);
}

INLINE void min_gru_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  (void)next;
  vfloat z = u->blocks[0];
  d->blocks[0] = through_sigmoid(d->h * (u->blocks[1] - u->h), z);
  d->blocks[1] = d->h * z;
  d->h *= 1.0f - z;
}

static const cell_kind min_gru_cell = {
    .traits = {.name = "min-gru", .input_blocks = 2, .has_hidden_state = true, .blends_hidden = true},
    .forward = min_gru_forward,
    .backward = min_gru_backward,
};
