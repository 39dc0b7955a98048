"""The language model of the presets in PyTorch: embedding, LSTMs with dropout on their inputs and outputs, linear layer."""
import torch
from torch import nn


class LanguageModel(nn.Module):
    def __init__(self, preset):
        super().__init__()
        self.embedding = nn.Embedding(preset.vocabulary, preset.embedding)
        inputs = (preset.embedding, *preset.hidden[:-1])
        self.recurrent = nn.ModuleList(nn.LSTM(i, h) for i, h in zip(inputs, preset.hidden))
        self.output = nn.Linear(preset.hidden[-1], preset.vocabulary)
        self.dropout = nn.Dropout(preset.dropout)
        self.sizes = preset.hidden

    def zero_states(self, batch):
        kind = self.embedding.weight.dtype
        return [tuple(torch.zeros(1, batch, size, dtype=kind) for _ in range(2)) for size in self.sizes]

    def forward(self, ids, states):
        """Logits of ids [T, B], and the states after them."""
        x, after = self.dropout(self.embedding(ids)), []
        for layer, state in zip(self.recurrent, states):
            x, state = layer(x, state)
            x = self.dropout(x)
            after.append(state)
        return self.output(x), after
