#!/usr/bin/env python3
"""Writes the golden fixture for Mynah's recurrent cells: TensorFlow's and Keras's results, computed in \
float64.

    python3 -m venv .venv
    .venv/bin/pip install 'tensorflow-cpu==2.21.0'
    .venv/bin/python Scripts/golden-cells-tensorflow.py [FILE]

FILE defaults to Tests/MynahModelsTests/Fixtures/golden-cells-tensorflow.safetensors; a second run writes the same
bytes. It contains x [B, T, I] (batch first, as in TensorFlow), lengths [B], and for each KIND

    peephole, peephole-forget, dynamic   TensorFlow's LSTMCell, run by dynamic_rnn over the lengths: with peepholes,
                                         with peepholes and a forget bias of 1 added at every step, and without
                                         peepholes; KIND.kernel [I + H, 4H] and KIND.bias [4H] in the order i, j, f,
                                         o, and KIND.w_i_diag|w_f_diag|w_o_diag
    gru-before, gru-after                Keras's GRU with reset_after=False and True; KIND.kernel, .recurrent_kernel
                                         and .bias in the order z, r, h

with KIND.state.… (c and h, or h), KIND.output [B, T, H] and KIND.finalState.….
"""
import argparse
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    import numpy as np
    import tensorflow as tf
    # tf.compat.v1.nn.rnn_cell is this module, but with Keras 3 installed, access by that name fails.
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as rnn_cell
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

from safetensors_file import save

STEP_COUNT, BATCH_SIZE, INPUT_SIZE, HIDDEN_SIZE = 6, 4, 3, 5
LENGTHS = np.array([6, 0, 4, 1], np.int32)
DIAGONALS = ("w_i_diag", "w_f_diag", "w_o_diag")


def dynamic_rnn(x, uniform, use_peepholes, forget_bias):
    """TensorFlow's own loop over sequences of different lengths."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        cell = rnn_cell.LSTMCell(
            HIDDEN_SIZE, use_peepholes=use_peepholes, forget_bias=forget_bias, dtype=tf.float64)
        state = {"c": uniform(BATCH_SIZE, HIDDEN_SIZE), "h": uniform(BATCH_SIZE, HIDDEN_SIZE)}
        initial = rnn_cell.LSTMStateTuple(tf.constant(state["c"]), tf.constant(state["h"]))
        output, last = v1.nn.dynamic_rnn(cell, tf.constant(x), sequence_length=LENGTHS, initial_state=initial)
        weights = {}
        for variable in v1.global_variables():
            name = variable.name.split("/")[-1].split(":")[0]
            weights[name] = uniform(*variable.shape)
            session.run(variable.initializer)
            variable.load(weights[name], session)
        output, last = session.run([output, last])
        return {
            **weights, **{f"state.{name}": part for name, part in state.items()}, "output": output,
            "finalState.c": last.c, "finalState.h": last.h}


def keras_gru(x, uniform, reset_after):
    layer = tf.keras.layers.GRU(
        HIDDEN_SIZE, reset_after=reset_after, return_sequences=True, return_state=True, dtype="float64")
    layer.build(x.shape)
    weights = [uniform(*weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    state = uniform(BATCH_SIZE, HIDDEN_SIZE)
    output, last = layer(x, initial_state=state)
    return {
        **dict(zip(("kernel", "recurrent_kernel", "bias"), weights)), "state.h": state, "output": output.numpy(),
        "finalState.h": last.numpy()}


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-cells-tensorflow.safetensors")
    path = parser.parse_args().file
    generator = np.random.default_rng(2000)

    def uniform(*shape):
        # Drawn in float32, so that both sides use the same values.
        return (generator.random(tuple(shape), np.float32) - np.float32(0.5)).astype(np.float64)

    x = uniform(BATCH_SIZE, STEP_COUNT, INPUT_SIZE)
    kinds = {
        "peephole": dynamic_rnn(x, uniform, use_peepholes=True, forget_bias=0.0),
        "peephole-forget": dynamic_rnn(x, uniform, use_peepholes=True, forget_bias=1.0),
        "dynamic": dynamic_rnn(x, uniform, use_peepholes=False, forget_bias=0.0),
        "gru-before": keras_gru(x, uniform, reset_after=False),
        "gru-after": keras_gru(x, uniform, reset_after=True),
    }
    arrays = {"x": x} | {f"{kind}.{name}": array for kind, found in kinds.items() for name, array in found.items()}
    arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()} | {"lengths": LENGTHS}
    save(arrays, path, {"producer": f"Scripts/golden-cells-tensorflow.py, TensorFlow {tf.__version__}, float64"})
    print(f"{path.name}: {path.stat().st_size} bytes, {len(arrays)} arrays")


if __name__ == "__main__":
    main()
