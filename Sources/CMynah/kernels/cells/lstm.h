// LSTM (S. Hochreiter, J. Schmidhuber 1997; forget gate: F. Gers et al. 2000). Blocks i, f, g, o.
//
//   i, f, o = σ(W_ih x + W_hh h + b)   g = tanh(W_ih x + W_hh h + b)   c' = f ⊙ c + i ⊙ g   h' = o ⊙ tanh c'

INLINE void lstm_forward(cell_units *u) {
  vfloat i = vsigmoid(u->blocks[0]), f = vsigmoid(u->blocks[1]), g = vtanh(u->blocks[2]), o = vsigmoid(u->blocks[3]);
  u->blocks[0] = i, u->blocks[1] = f, u->blocks[2] = g, u->blocks[3] = o;
  u->c = fma_(f, u->c, i * g);
  u->h = o * vtanh(u->c);
}

INLINE void lstm_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  vfloat i = u->blocks[0], f = u->blocks[1], g = u->blocks[2], o = u->blocks[3], tanh_c = vtanh(next->c);
  vfloat d_c = d->c + d->h * o * (1.0f - tanh_c * tanh_c);
  d->blocks[0] = d_c * g * i * (1.0f - i);
  d->blocks[1] = d_c * u->c * f * (1.0f - f);
  d->blocks[2] = d_c * i * (1.0f - g * g);
  d->blocks[3] = d->h * tanh_c * o * (1.0f - o);
  d->c = d_c * f;
}

static const cell_kind lstm_cell = {
    .traits = {.name = "lstm",
               .input_blocks = 4,
               .recurrent_blocks = 4,
               .added_blocks = 4,
               .has_hidden_state = true,
               .has_cell_state = true},
    .forward = lstm_forward,
    .backward = lstm_backward,
};
