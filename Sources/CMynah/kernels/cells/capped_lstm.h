// LSTM with capped input gates (G. Melis, C. Dyer, P. Blunsom, "On the state of the art of evaluation in neural
// language models", 2018). Blocks i, f, g, o.
//
//   i, f, o = σ(W_ih x + W_hh h + b)   g = tanh(W_ih x + W_hh h + b)
//   c' = f ⊙ c + min(i, 1 − f) ⊙ g     h' = o ⊙ tanh c'

INLINE void capped_lstm_forward(cell_units *u) {
  vfloat i = vsigmoid(u->blocks[0]), f = vsigmoid(u->blocks[1]), g = vtanh(u->blocks[2]), o = vsigmoid(u->blocks[3]);
  u->blocks[0] = i, u->blocks[1] = f, u->blocks[2] = g, u->blocks[3] = o;
  u->c = fma_(f, u->c, blend(1.0f - f < i, 1.0f - f, i) * g);
  u->h = o * vtanh(u->c);
}

INLINE void capped_lstm_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  vfloat i = u->blocks[0], f = u->blocks[1], g = u->blocks[2], o = u->blocks[3], tanh_c = vtanh(next->c);
  vfloat cap = 1.0f - f, d_c = d->c + through_tanh(d->h * o, tanh_c), d_input = d_c * g;
  d->blocks[0] = blend(cap < i, splat(0), through_sigmoid(d_input, i));
  d->blocks[1] = through_sigmoid(d_c * u->c - blend(cap < i, d_input, splat(0)), f);
  d->blocks[2] = through_tanh(d_c * blend(cap < i, cap, i), g);
  d->blocks[3] = through_sigmoid(d->h * tanh_c, o);
  d->c = d_c * f;
}

static const cell_kind capped_lstm_cell = {
    .traits = {.name = "capped-lstm",
               .input_blocks = 4,
               .recurrent_blocks = 4,
               .added_blocks = 4,
               .has_hidden_state = true,
               .has_cell_state = true},
    .forward = capped_lstm_forward,
    .backward = capped_lstm_backward,
};
