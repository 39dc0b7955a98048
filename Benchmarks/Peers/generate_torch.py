#!/usr/bin/env python3
"""Times generation (sampled tokens, streams side by side) or scoring (a known text) of a preset's model in PyTorch.

    python generate_torch.py generate shakespeare --streams 32
    python generate_torch.py score ptb

bfloat16 applies to weights and activations; int8 is dynamic quantisation of the recurrent layers and the linear layer.
Prints a JSON object.
"""
import warnings

import torch
from torch import nn

import presets
from torch_model import VERSION, LanguageModel


def model_of(preset, precision):
    torch.manual_seed(1)
    model = LanguageModel(preset).eval()
    if precision == "bfloat16":
        return model.to(torch.bfloat16)
    if precision == "int8":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.ao.quantization.quantize_dynamic(model, {nn.LSTM, nn.GRU, nn.Linear}, dtype=torch.qint8)
    return model


def generate(model, streams, count):
    """A call that generates `count` tokens in each stream."""
    def call():
        ids, states = torch.zeros(1, streams, dtype=torch.long), model.zero_states(streams)
        for _ in range(count):
            logits, states = model(ids, states)
            ids = torch.multinomial(torch.softmax(logits[0].float(), -1), 1).t()
    return call


def score(model, vocabulary, streams, count):
    """A call that predicts `count` known tokens in each stream."""
    ids = torch.randint(vocabulary, (count + 1, streams))

    def call():
        logits, _ = model(ids[:-1], model.zero_states(streams))
        nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[1:].flatten()).item()
    return call


def main():
    options = presets.inference_options(__doc__.splitlines()[0], ("float32", "bfloat16", "int8"))
    preset = presets.preset(options)
    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        model = model_of(preset, options.precision)
        call = (generate(model, options.streams, options.tokens) if options.task == "generate"
                else score(model, preset.vocabulary, options.streams, options.tokens))
        seconds = presets.median_seconds(call, options.seconds)
    presets.print_inference(VERSION, options, seconds)


if __name__ == "__main__":
    main()
