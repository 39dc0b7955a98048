// LSTM with coupled input and forget gates, f = 1 − i (K. Greff et al., "LSTM: a search space odyssey", 2015). Blocks
// i, g, o.
//
//   i, o = σ(W_ih x + W_hh h + b)   g = tanh(W_ih x + W_hh h + b)   c' = (1 − i) ⊙ c + i ⊙ g   h' = o ⊙ tanh c'

INLINE void coupled_lstm_forward(cell_units *u) {
  vfloat i = vsigmoid(u->blocks[0]), g = vtanh(u->blocks[1]), o = vsigmoid(u->blocks[2]);
  u->blocks[0] = i, u->blocks[1] = g, u->blocks[2] = o;
  u->c = fma_(i, g - u->c, u->c);
  u->h = o * vtanh(u->c);
}

INLINE void coupled_lstm_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  vfloat i = u->blocks[0], g = u->blocks[1], o = u->blocks[2], tanh_c = vtanh(next->c);
  vfloat d_c = d->c + through_tanh(d->h * o, tanh_c);
  d->blocks[0] = through_sigmoid(d_c * (g - u->c), i);
  d->blocks[1] = through_tanh(d_c * i, g);
  d->blocks[2] = through_sigmoid(d->h * tanh_c, o);
  d->c = d_c * (1.0f - i);
}

static const cell_kind coupled_lstm_cell = {
    .traits = {.name = "coupled-lstm",
               .input_blocks = 3,
               .recurrent_blocks = 3,
               .added_blocks = 3,
               .has_hidden_state = true,
               .has_cell_state = true},
    .forward = coupled_lstm_forward,
    .backward = coupled_lstm_backward,
};
