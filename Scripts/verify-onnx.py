#!/usr/bin/env python3
"""Checks in onnxruntime that files of `mynah export MODEL --onnx FILE` compute the same results as the model.

    python3 -m venv .venv
    .venv/bin/pip install onnx onnxruntime
    .venv/bin/python Scripts/verify-onnx.py FILE.onnx TEXT --surprisals FILE.jsonl

FILE.jsonl is the output of `mynah surprisal MODEL TEXT --json`. The file must pass ONNX's checker; the text is read
after a line end, starting from the zero state, once as a whole and once token by token with the state passed on. The
probability of each token must agree with mynah's within 1e-4 relative to the largest, and both ways must agree within
1e-5.
"""
import argparse
import json
import sys

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as missing:
    sys.exit(f"error: {missing}; install onnx and onnxruntime as described at the top.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("text")
    parser.add_argument("--surprisals", required=True)
    options = parser.parse_args()

    onnx.checker.check_model(options.model, full_check=True)
    notes = {entry.key: entry.value for entry in onnx.load(options.model).metadata_props}
    tokens = json.loads(notes["tokenizer"])["vocabulary"]
    index = {token: i for i, token in enumerate(tokens)}
    start = index.get("<eos>", index.get("\n"))
    lines = [json.loads(line) for line in open(options.surprisals)]
    ids = np.array([start] + [index[line["text"]] for line in lines], np.int64)[:, None]

    session = onnxruntime.InferenceSession(options.model, providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    state = {i.name: np.zeros([1, 1, i.shape[2]], np.float32) for i in session.get_inputs() if i.name != "ids"}
    if set(outputs) != {"logits"} | {"next_" + name for name in state}:
        sys.exit(f"error: the outputs {outputs} do not fit the states {list(state)}")
    whole = dict(zip(outputs, session.run(outputs, {"ids": ids[:-1], **state})))

    steps, running = [], state
    for token in ids[:-1]:
        found = dict(zip(outputs, session.run(outputs, {"ids": token[None], **running})))
        steps.append(found["logits"][0, 0])
        running = {name: found["next_" + name] for name in state}
    drift = max(float(np.abs(np.stack(steps) - whole["logits"][:, 0]).max()),
                *(float(np.abs(running[name] - whole["next_" + name]).max()) for name in state))

    logits = whole["logits"][:, 0].astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    probabilities = (np.exp(logits) / np.exp(logits).sum(-1, keepdims=True))[np.arange(len(lines)), ids[1:, 0]]
    expected = np.array([line["probability"] for line in lines])
    difference = float(np.abs(probabilities - expected).max() / expected.max())
    print(f"{options.model}: {len(lines)} tokens, largest difference of a probability {difference:.1e}, "
          f"whole against steps {drift:.1e}")
    if not (difference <= 1e-4 and drift <= 1e-5):
        sys.exit("error: the file does not compute what the model does")


if __name__ == "__main__":
    main()
