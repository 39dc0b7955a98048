"""The language model of the presets in PyTorch: embedding, recurrent layers with dropout on their inputs and outputs,
linear layer.
"""
import torch
from torch import nn


VERSION = f"PyTorch {torch.__version__.split('+')[0]}"
KINDS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def detached(state):
    """The state of a layer, a tensor or a pair of them, as float32 constants."""
    return tuple(part.detach().float() for part in state) if isinstance(state, tuple) else state.detach().float()


class LanguageModel(nn.Module):
    def __init__(self, preset):
        super().__init__()
        self.embedding = nn.Embedding(preset.vocabulary, preset.embedding)
        inputs = (preset.embedding, *preset.hidden[:-1])
        self.recurrent = nn.ModuleList(KINDS[preset.cell](i, h) for i, h in zip(inputs, preset.hidden))
        self.output = nn.Linear(preset.hidden[-1], preset.vocabulary)
        self.dropout = nn.Dropout(preset.dropout)
        self.sizes, self.cell = preset.hidden, preset.cell

    def zero_states(self, batch):
        kind = self.embedding.weight.dtype
        states = [torch.zeros(1, batch, size, dtype=kind) for size in self.sizes]
        return [(state, state) if self.cell == "lstm" else state for state in states]

    def forward(self, ids, states):
        """Logits of ids [T, B], and the states after them."""
        x, after = self.dropout(self.embedding(ids)), []
        for layer, state in zip(self.recurrent, states):
            x, state = layer(x, state)
            x = self.dropout(x)
            after.append(state)
        return self.output(x), after
