#!/usr/bin/env python3
"""Reads the folder of `mynah train --tensorboard FOLDER` with TensorBoard itself and checks the contents.

    python3 -m venv .venv
    .venv/bin/pip install tensorboard
    mynah train TEXT --tensorboard FOLDER --log-json LOG --metrics accuracy --sample-every-epoch 20
    .venv/bin/python Scripts/verify-tensorboard.py FOLDER LOG

The scalars must equal those of LOG. There must be a histogram of each weight for each epoch, a sample for each epoch,
the settings of the run, and a label for each vector of the projector.
"""
import json
import pathlib
import sys

try:
    from google.protobuf import text_format
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
except ImportError as missing:
    sys.exit(f"error: {missing}; install tensorboard as described at the top.")


def check(good, what):
    if not good:
        sys.exit(f"error: {what}")


def near(a, b):
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: verify-tensorboard.py FOLDER LOG")
    folder = pathlib.Path(sys.argv[1])
    lines = [json.loads(line) for line in pathlib.Path(sys.argv[2]).read_text().splitlines()]
    steps = [line for line in lines if line["event"] == "step"]
    epochs = [line for line in lines if line["event"] == "epoch"]
    samples = [line for line in lines if line["event"] == "sample"]
    # 0: keep everything.
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()

    for tag, key in [("step/loss", "loss"), ("step/learning_rate", "learningRate"),
                     ("step/gradient_norm", "gradientNorm")]:
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        check([step for step, _ in found] == [line["stepsDone"] for line in steps],
              f"{tag} has other steps than the log")
        check(all(near(value, line[key]) for (_, value), line in zip(found, steps)), f"{tag} differs from the log")
    figures = {"epoch/train_perplexity": lambda line: line["train"],
               "epoch/validation_perplexity": lambda line: line["validation"]}
    for name in epochs[0].get("metrics") or {}:
        figures["epoch/" + name] = lambda line, name=name: line["metrics"][name]
    for tag, figure in figures.items():
        found = events.Scalars(tag)
        check(len(found) == len(epochs), f"{tag} has {len(found)} values, expected {len(epochs)}")
        check(all(near(event.value, figure(line)) for event, line in zip(found, epochs)), f"{tag} differs from the log")

    weights = [tag for tag in tags["histograms"] if tag.startswith("weights/")]
    check("weights/embedding.weight" in weights and len(weights) >= 6, f"histograms are {weights}")
    for tag in weights:
        histograms = [event.histogram_value for event in events.Histograms(tag)]
        check(len(histograms) == len(epochs), f"{tag} has {len(histograms)} histograms, expected {len(epochs)}")
        check(all(sum(h.bucket) == h.num > 0 and h.min <= h.max for h in histograms), f"{tag} does not add up")

    texts = [event.tensor_proto.string_val[0].decode() for event in events.Tensors("sample")] if samples else []
    check(texts == [line["text"] for line in samples], "the samples differ from the log")
    check(not samples or events.SummaryMetadata("sample").plugin_data.plugin_name == "text", "samples are no texts")

    starts = events.PluginTagToContent(metadata.PLUGIN_NAME)
    check(set(starts) == {metadata.EXPERIMENT_TAG, metadata.SESSION_START_INFO_TAG, metadata.SESSION_END_INFO_TAG},
          f"the settings' tags are {sorted(starts)}")
    session = metadata.parse_session_start_info_plugin_data(starts[metadata.SESSION_START_INFO_TAG])
    check(session.hparams["embedding"].number_value >= 1 and session.hparams["optimizer"].string_value,
          "the settings lack the embedding's size or the optimizer")
    end = metadata.parse_session_end_info_plugin_data(starts[metadata.SESSION_END_INFO_TAG])
    check(end.status != 0, "the run's end has no status")
    experiment = metadata.parse_experiment_plugin_data(starts[metadata.EXPERIMENT_TAG])
    check({info.name for info in experiment.hparam_infos} == set(session.hparams), "settings and their list differ")

    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    embedding = config.embeddings[0]
    vectors = (folder / embedding.tensor_path).read_text().splitlines()
    labels = (folder / embedding.metadata_path).read_text().split("\n")[:-1]
    check(len(vectors) == len(labels) > 0, f"{len(vectors)} vectors have {len(labels)} labels")
    check(len({len(line.split("\t")) for line in vectors}) == 1, "vectors differ in size")
    check(not any("\t" in label for label in labels), "a label holds a tab")
    print(f"{len(steps)} steps, {len(epochs)} epochs, {len(weights)} histograms, {len(texts)} samples, "
          f"{len(session.hparams)} settings, {len(labels)} vectors: TensorBoard reads them as the log has them")


if __name__ == "__main__":
    main()
