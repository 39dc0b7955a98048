#!/usr/bin/env python3
"""Times a training step of a preset in PyTorch: a fresh random batch, forward, loss, backward, clip by norm 5, update.

    python train_torch.py ptb --precision bfloat16 --threads 2

The weights are float32 in both cases; bfloat16 uses autocast. The state is carried from step to step. Prints a JSON
object.
"""
import torch
from torch import nn

import presets
from torch_model import VERSION, LanguageModel, detached


class TrainingStep:
    def __init__(self, preset, precision):
        torch.manual_seed(1)
        self.preset, self.bfloat16 = preset, precision == "bfloat16"
        self.model = LanguageModel(preset)
        parameters = self.model.parameters()
        self.optimizer = (
            torch.optim.SGD(parameters, lr=0.1) if preset.optimizer == "sgd"
            else torch.optim.Adam(parameters, lr=1e-4, fused=True))
        self.states = self.model.zero_states(preset.batch)

    def __call__(self):
        shape = (self.preset.steps, self.preset.batch)
        inputs, targets = (torch.randint(self.preset.vocabulary, shape) for _ in range(2))
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            logits, states = self.model(inputs, self.states)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5)
        self.optimizer.step()
        self.states = [detached(state) for state in states]


def main():
    options = presets.arguments(__doc__.splitlines()[0], ("float32", "bfloat16")).parse_args()
    preset = presets.preset(options)
    torch.set_num_threads(options.threads)
    seconds = presets.median_seconds(TrainingStep(preset, options.precision), options.seconds)
    presets.print_training(VERSION, options, preset, seconds)


if __name__ == "__main__":
    main()
