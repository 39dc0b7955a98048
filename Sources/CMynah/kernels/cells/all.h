// The list of recurrent cells. A new cell needs a file, two lines here, and in mynah_scan.h an enumerator and the
// count.
#include "cell.h"
#include "lstm.h"
#include "rnn.h"
#include "gru.h"
#include "gru_reset_before.h"
#include "peephole_lstm.h"
#include "coupled_lstm.h"
#include "capped_lstm.h"
#include "projected_lstm.h"
#include "min_gru.h"
#include "sru.h"
#include "qrnn.h"

#define EACH_CELL(DO)                                    \
  DO(MYNAH_CELL_LSTM, lstm_cell)                         \
  DO(MYNAH_CELL_RNN_TANH, rnn_tanh_cell)                 \
  DO(MYNAH_CELL_RNN_RELU, rnn_relu_cell)                 \
  DO(MYNAH_CELL_GRU, gru_cell)                           \
  DO(MYNAH_CELL_GRU_RESET_BEFORE, gru_reset_before_cell) \
  DO(MYNAH_CELL_PEEPHOLE_LSTM, peephole_lstm_cell)       \
  DO(MYNAH_CELL_COUPLED_LSTM, coupled_lstm_cell)         \
  DO(MYNAH_CELL_CAPPED_LSTM, capped_lstm_cell)           \
  DO(MYNAH_CELL_PROJECTED_LSTM, projected_lstm_cell)     \
  DO(MYNAH_CELL_MIN_GRU, min_gru_cell)                   \
  DO(MYNAH_CELL_SRU, sru_cell)                           \
  DO(MYNAH_CELL_SRU_IDENTITY, sru_identity_cell)         \
  DO(MYNAH_CELL_QRNN, qrnn_cell)
