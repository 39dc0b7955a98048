#!/usr/bin/env python3
"""Times generation (sampled tokens, streams side by side) or scoring (a known text) of a preset's model in ONNX \
Runtime.

    python generate_onnx.py generate shakespeare --streams 32
    python generate_onnx.py score ptb --precision int8

The model is a graph of Gather, LSTM and MatMul nodes with random weights; int8 is ONNX Runtime's dynamic quantisation.
Needs onnx, onnxruntime and numpy. Prints a JSON object.
"""
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

import presets


def write_model(preset, path):
    """Writes a preset's graph: from IDs [T, B] and the layers' states to logits [T, B, V] and the next states."""
    random = np.random.default_rng(1)
    nodes, weights, inputs, outputs = [], [], [], []

    def weight(name, *shape):
        values = random.uniform(-0.1, 0.1, shape).astype(np.float32)
        weights.append(helper.make_tensor(name, TensorProto.FLOAT, shape, values.tobytes(), raw=True))
        return name

    inputs.append(helper.make_tensor_value_info("ids", TensorProto.INT64, ["T", "B"]))
    nodes.append(helper.make_node("Gather", [weight("embedding", preset.vocabulary, preset.embedding), "ids"], ["x0"]))
    weights.append(helper.make_tensor("directions", TensorProto.INT64, [1], [1]))
    size = preset.embedding
    for layer, hidden in enumerate(preset.hidden):
        states = [f"h{layer}", f"c{layer}"]
        inputs.extend(helper.make_tensor_value_info(s, TensorProto.FLOAT, [1, "B", hidden]) for s in states)
        outputs.extend(helper.make_tensor_value_info(f"next_{s}", TensorProto.FLOAT, [1, "B", hidden]) for s in states)
        nodes.append(helper.make_node(
            "LSTM", [f"x{layer}", weight(f"w{layer}", 1, 4 * hidden, size), weight(f"r{layer}", 1, 4 * hidden, hidden),
                     weight(f"b{layer}", 1, 8 * hidden), "", *states],
            [f"y{layer}", *(f"next_{s}" for s in states)], hidden_size=hidden))
        nodes.append(helper.make_node("Squeeze", [f"y{layer}", "directions"], [f"x{layer + 1}"]))
        size = hidden
    nodes.append(helper.make_node(
        "MatMul", [f"x{len(preset.hidden)}", weight("output", size, preset.vocabulary)], ["product"]))
    nodes.append(helper.make_node("Add", ["product", weight("bias", preset.vocabulary)], ["logits"]))
    outputs.insert(0, helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["T", "B", preset.vocabulary]))
    model = helper.make_model(helper.make_graph(nodes, "language model", inputs, outputs, weights),
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


class Model:
    def __init__(self, preset, precision, threads):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.onnx"
            write_model(preset, path)
            if precision == "int8":
                from onnxruntime.quantization import QuantType, quantize_dynamic
                small = pathlib.Path(folder) / "int8.onnx"
                quantize_dynamic(path, small, weight_type=QuantType.QInt8)
                path = small
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads, settings.inter_op_num_threads = threads, 1
            self.session = onnxruntime.InferenceSession(path.read_bytes(), settings, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.sizes = {i.name: i.shape[2] for i in self.session.get_inputs() if i.name != "ids"}

    def zero_states(self, batch):
        return {name: np.zeros([1, batch, size], np.float32) for name, size in self.sizes.items()}

    def __call__(self, ids, states):
        found = dict(zip(self.outputs, self.session.run(self.outputs, {"ids": ids, **states})))
        return found["logits"], {name: found["next_" + name] for name in states}


def generate(model, streams, count):
    """A call that generates `count` tokens in each stream."""
    random = np.random.default_rng(2)

    def call():
        ids, states = np.zeros((1, streams), np.int64), model.zero_states(streams)
        for _ in range(count):
            logits, states = model(ids, states)
            sums = np.cumsum(np.exp(logits[0] - logits[0].max(1, keepdims=True)), 1)
            draws = random.random(streams) * sums[:, -1]
            ids = np.array([[np.searchsorted(row, draw) for row, draw in zip(sums, draws)]]).clip(
                0, logits.shape[2] - 1)
    return call


def score(model, vocabulary, streams, count):
    """A call that predicts `count` known tokens in each stream."""
    ids = np.random.default_rng(3).integers(vocabulary, size=(count + 1, streams))
    step, stream = np.ogrid[:count, :streams]

    def call():
        logits, _ = model(ids[:-1], model.zero_states(streams))
        largest = logits.max(2)
        nats = largest + np.log(np.exp(logits - largest[:, :, None]).sum(2)) - logits[step, stream, ids[1:]]
        return float(nats.mean())
    return call


def main():
    options = presets.inference_options(__doc__.splitlines()[0], ("float32", "int8"), cells=("lstm",))
    preset = presets.preset(options)
    onnxruntime.set_default_logger_severity(3)
    model = Model(preset, options.precision, options.threads)
    call = (generate(model, options.streams, options.tokens) if options.task == "generate"
            else score(model, preset.vocabulary, options.streams, options.tokens))
    seconds = presets.median_seconds(call, options.seconds)
    presets.print_inference(f"ONNX Runtime {onnxruntime.__version__}", options, seconds)


if __name__ == "__main__":
    main()
