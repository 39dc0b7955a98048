// LSTM with a projected output (H. Sak, A. Senior, F. Beaufays, "Long short-term memory recurrent neural network
// architectures for large scale acoustic modeling", 2014; PyTorch's proj_size). Blocks i, f, g, o.
//
//   i, f, o = σ(W_ih x + W_hh h + b)   g = tanh(W_ih x + W_hh h + b)   c' = f ⊙ c + i ⊙ g   h' = W_hr (o ⊙ tanh c')

static const cell_kind projected_lstm_cell = {
    .traits = {.name = "projected-lstm",
               .input_blocks = 4,
               .recurrent_blocks = 4,
               .added_blocks = 4,
               .has_hidden_state = true,
               .has_cell_state = true,
               .has_projection = true},
    .forward = lstm_forward,
    .backward = lstm_backward,
};
