// QRNN with fo-pooling (J. Bradbury, S. Merity, C. Xiong, R. Socher, "Quasi-recurrent neural networks", ICLR 2017,
// sections 2 and 2.1). Blocks z, f, o; the gates do not read the state. x is the whole window: x_t, or x_t and x_{t−1}.
//
//   z = tanh(W_z x + b_z)   f, o = σ(W x + b)   c' = f ⊙ c + (1 − f) ⊙ z   h = o ⊙ c'

INLINE void qrnn_forward(cell_units *u) {
  vfloat z = vtanh(u->blocks[0]), f = vsigmoid(u->blocks[1]), o = vsigmoid(u->blocks[2]);
  u->blocks[0] = z, u->blocks[1] = f, u->blocks[2] = o;
  u->c = fma_(f, u->c - z, z);
  u->h = o * u->c;
}

INLINE void qrnn_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  vfloat z = u->blocks[0], f = u->blocks[1], o = u->blocks[2];
  vfloat d_c = fma_(d->h, o, d->c);
  d->blocks[0] = through_tanh(d_c * (1.0f - f), z);
  d->blocks[1] = through_sigmoid(d_c * (u->c - z), f);
  d->blocks[2] = through_sigmoid(d->h * next->c, o);
  d->c = d_c * f;
}

static const cell_kind qrnn_cell = {
    .traits = {.name = "qrnn", .input_blocks = 3, .has_cell_state = true},
    .forward = qrnn_forward,
    .backward = qrnn_backward,
};
