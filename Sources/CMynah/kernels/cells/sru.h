// SRU (T. Lei et al., "Simple recurrent units for highly parallelizable recurrence", EMNLP 2018). Blocks x̃, f, r and
// the highway connection s: W_s x + b_s, or x itself if I = H. Vectors v_f, v_r; the gates do not read h.
//
//   f = σ(W_f x + v_f ⊙ c + b_f)   r = σ(W_r x + v_r ⊙ c + b_r)   c' = f ⊙ c + (1 − f) ⊙ x̃   h = r ⊙ c' + (1 − r) ⊙ s

INLINE void sru_forward(cell_units *u) {
  vfloat candidate = u->blocks[0], skip = u->blocks[3];
  vfloat f = vsigmoid(fma_(u->vectors[0], u->c, u->blocks[1])), r = vsigmoid(fma_(u->vectors[1], u->c, u->blocks[2]));
  u->blocks[1] = f, u->blocks[2] = r;
  u->c = fma_(f, u->c - candidate, candidate);
  u->h = fma_(r, u->c - skip, skip);
}

INLINE void sru_backward(const cell_units *u, const cell_units *next, cell_units *d) {
  vfloat candidate = u->blocks[0], f = u->blocks[1], r = u->blocks[2], skip = u->blocks[3];
  vfloat d_r = through_sigmoid(d->h * (next->c - skip), r);
  vfloat d_c = fma_(d->h, r, d->c);
  vfloat d_f = through_sigmoid(d_c * (u->c - candidate), f);
  d->blocks[0] = d_c * (1.0f - f), d->blocks[1] = d_f, d->blocks[2] = d_r, d->blocks[3] = d->h * (1.0f - r);
  d->vectors[0] = d_f * u->c, d->vectors[1] = d_r * u->c;
  d->c = fma_(d_r, u->vectors[1], fma_(d_f, u->vectors[0], d_c * f));
}

static const cell_kind sru_cell = {
    .traits = {.name = "sru", .input_blocks = 4, .vectors = 2, .has_cell_state = true},
    .forward = sru_forward,
    .backward = sru_backward,
};

static const cell_kind sru_identity_cell = {
    .traits =
        {.name = "sru-identity", .input_blocks = 3, .vectors = 2, .has_cell_state = true, .has_identity_skip = true},
    .forward = sru_forward,
    .backward = sru_backward,
};
