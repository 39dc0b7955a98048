// LSTM with peephole connections (F. Gers, J. Schmidhuber, "Recurrent nets that time and count", 2000). Blocks i, f, g,
// o; vectors p_i, p_f, p_o.
//
//   i = σ(W_ii x + W_hi h + p_i ⊙ c + b_i)    f = σ(W_if x + W_hf h + p_f ⊙ c + b_f)    g = tanh(W_ig x + W_hg h + b_g)
//   c' = f ⊙ c + i ⊙ g                        o = σ(W_io x + W_ho h + p_o ⊙ c' + b_o)   h' = o ⊙ tanh c'

INLINE void peephole_lstm_forward(cell_units *u) {
  vfloat i = vsigmoid(fma_(u->vectors[0], u->c, u->blocks[0])), f = vsigmoid(fma_(u->vectors[1], u->c, u->blocks[1]));
  vfloat g = vtanh(u->blocks[2]);
  u->c = fma_(f, u->c, i * g);
  vfloat o = vsigmoid(fma_(u->vectors[2], u->c, u->blocks[3]));
  u->blocks[0] = i, u->blocks[1] = f, u->blocks[2] = g, u->blocks[3] = o;
  u->h = o * vtanh(u->c);
}

INLINE void peephole_lstm_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  vfloat i = u->blocks[0], f = u->blocks[1], g = u->blocks[2], o = u->blocks[3], tanh_c = vtanh(next->c);
  vfloat d_o = through_sigmoid(d->h * tanh_c, o);
  vfloat d_c = fma_(d_o, u->vectors[2], d->c + through_tanh(d->h * o, tanh_c));
  vfloat d_i = through_sigmoid(d_c * g, i), d_f = through_sigmoid(d_c * u->c, f);
  d->blocks[0] = d_i, d->blocks[1] = d_f, d->blocks[2] = through_tanh(d_c * i, g), d->blocks[3] = d_o;
  d->vectors[0] = d_i * u->c, d->vectors[1] = d_f * u->c, d->vectors[2] = d_o * next->c;
  d->c = fma_(d_i, u->vectors[0], fma_(d_f, u->vectors[1], d_c * f));
}

static const cell_kind peephole_lstm_cell = {
    .traits = {.name = "peephole-lstm",
               .input_blocks = 4,
               .recurrent_blocks = 4,
               .added_blocks = 4,
               .vectors = 3,
               .has_hidden_state = true,
               .has_cell_state = true},
    .forward = peephole_lstm_forward,
    .backward = peephole_lstm_backward,
};
