#!/usr/bin/env python3
"""Evaluates a model through `mynah serve` with lm-evaluation-harness, unmodified, and compares the scores.

    python3 -m venv .venv
    .venv/bin/pip install 'lm-eval[api]'
    .venv/bin/python Scripts/verify-lm-eval.py MYNAH MODEL

The harness uses its model `local-completions`, which must find the server's tokenizer by itself. The tasks are built
from texts that the model generates: minimal pairs, multiple choice with a context, the perplexity of texts, and greedy
generation. Every log-probability must equal that of `mynah score`, every text that of `mynah generate`. Nothing is
downloaded.
"""
import argparse
import importlib.metadata
import json
import logging
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import server_process

TOLERANCE = 1e-5
KEY = "sk-verification"
TASKS = {
    "mynah_pairs": """
output_type: multiple_choice
doc_to_text: ""
doc_to_target: 0
doc_to_choice: "{{choices}}"
target_delimiter: ""
metric_list: [{metric: acc}]
""",
    "mynah_choices": """
output_type: multiple_choice
doc_to_text: "{{context}}"
doc_to_target: "{{label}}"
doc_to_choice: "{{choices}}"
target_delimiter: ""
metric_list: [{metric: acc}]
""",
    "mynah_texts": """
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list: [{metric: word_perplexity}, {metric: byte_perplexity}, {metric: bits_per_byte}]
""",
    "mynah_generation": """
output_type: generate_until
doc_to_text: "{{context}}"
doc_to_target: "{{target}}"
target_delimiter: ""
generation_kwargs: {until: ["\\n"], max_gen_toks: 12, temperature: 0, do_sample: false}
metric_list: [{metric: exact_match}]
""",
}


def check(good, message):
    if not good:
        sys.exit(f"error: {message}")


def near(a, b):
    return abs(a - b) <= TOLERANCE * max(1, abs(a), abs(b))


class Offline:
    """The results that the program itself computes."""

    def __init__(self, mynah, model, tokenize):
        self.mynah, self.model, self.tokenize = mynah, model, tokenize

    def generate(self, prompt, length, *flags):
        command = [self.mynah, "generate", str(self.model), *([prompt] if prompt else []), "--length", str(length),
                   "--json", "--quiet", *flags]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        return json.loads(printed.splitlines()[0])["text"]

    def greedy(self, prompt, length):
        return self.generate(prompt, length, "--temperature", "0")

    def log_likelihood(self, context, continuation):
        """Returns ln p of a continuation, and whether each of its tokens is the most probable one."""
        lines, _ = server_process.score(self.mynah, self.model, context + continuation + "\n")
        tokens = [token for line in lines for token in line["tokens"]]
        first, end = (len(self.tokenize(text)) if text else 0 for text in (context, context + continuation))
        part = tokens[first:end]
        return sum(token["logProbability"] for token in part), all(token["rank"] == 1 for token in part)


def documents(offline):
    """Returns the documents of each task."""
    written = offline.generate("", 1500, "--seed", "1")
    lines = [line.strip() for line in written.split("\n")[1:-1] if len(line.strip()) > 12 and "\ufffd" not in line]
    check(len(lines) >= 12, f"the model generates only {len(lines)} lines, too few for the tasks")
    pairs, choices, generation = [], [], []
    for index, line in enumerate(lines[:12]):
        # In another order, all words are still in the vocabulary.
        pieces = line.split(" ") if " " in line else list(line)
        pairs.append({"choices": [line, " ".join(reversed(pieces))] if index % 3 else
                      [" ".join(reversed(pieces)), line]})
        cut = line.find(" ", 5) if " " in line[5:] else 5
        context, end = line[:cut], line[cut:]
        # The shortest continuation that ends with a whole character.
        greedy = next((text for text in (offline.greedy(context, length) for length in range(3, 8))
                       if "\ufffd" not in text), end[:4])
        label = index % 3
        others = [end, greedy, lines[(index + 1) % 12][-6:] if " " not in line else " " + lines[(index + 1) % 12]]
        choices.append({"context": context, "choices": others, "label": label})
        target = offline.greedy(context, 12).split("\n")[0]
        # A third of the targets are wrong, so that the score is not 1.
        generation.append({"context": context, "target": target + "!" if label == 0 else target, "expected": target})
    texts = [{"text": "\n".join(lines[start:start + 4]) + "\n"} for start in range(0, 12, 4)]
    return {"mynah_pairs": pairs, "mynah_choices": choices, "mynah_texts": texts, "mynah_generation": generation}


def write_tasks(folder, tasks):
    for name, settings in TASKS.items():
        data = folder / f"{name}.jsonl"
        data.write_text("".join(json.dumps(document) + "\n" for document in tasks[name]))
        (folder / f"{name}.yaml").write_text(f"task: {name}\ndataset_path: json\ndataset_kwargs:\n  data_files:\n"
                                             f"    test: {data}\ntest_split: test\nnum_fewshot: 0{settings}")


def expected_figures(offline, tasks):
    """Returns the log-likelihoods of each document, and the scores of each task."""
    answers, scores = {}, {}
    for name, label in (("mynah_pairs", lambda document: 0), ("mynah_choices", lambda document: document["label"])):
        answers[name] = [[offline.log_likelihood(document.get("context", ""), choice) for choice in document["choices"]]
                         for document in tasks[name]]
        best = [max(range(len(row)), key=lambda index: row[index][0]) for row in answers[name]]
        right = sum(index == label(document) for index, document in zip(best, tasks[name]))
        scores[name] = {"acc": right / len(best)}
        check(0 < right < len(best), f"{name}: {right} of {len(best)} are right, which would not show a difference")
    texts = [document["text"] for document in tasks["mynah_texts"]]
    answers["mynah_texts"] = [server_process.score(offline.mynah, offline.model, text)[1]["logProbability"]
                              for text in texts]
    total = sum(answers["mynah_texts"])
    words, size = sum(len(re.split(r"\s+", text)) for text in texts), sum(len(text.encode()) for text in texts)
    scores["mynah_texts"] = {"word_perplexity": math.exp(-total / words), "byte_perplexity": math.exp(-total / size),
                             "bits_per_byte": -total / size / math.log(2)}
    answers["mynah_generation"] = [document["expected"] for document in tasks["mynah_generation"]]
    right = sum(document["expected"] == document["target"] for document in tasks["mynah_generation"])
    scores["mynah_generation"] = {"exact_match": right / len(tasks["mynah_generation"])}
    return answers, scores


def compare(result, answers, scores, name):
    """Compares what the harness computed with the expected figures; returns the number of comparisons."""
    count = 0
    for task, figures in scores.items():
        samples = sorted(result["samples"][task], key=lambda sample: sample["doc_id"])
        check(len(samples) == len(answers[task]), f"{name}: {task} has {len(samples)} samples")
        for sample, answer in zip(samples, answers[task]):
            found = sample["filtered_resps"]
            place = f"{name}: {task}, document {sample['doc_id']}"
            if task == "mynah_generation":
                check(found[0] == answer, f"{place}: the text is {found[0]!r}, mynah generate has {answer!r}")
            elif task == "mynah_texts":
                value = float(found[0][0] if isinstance(found[0], (tuple, list)) else found[0])
                check(near(value, answer), f"{place}: ln p is {value}, mynah score has {answer}")
            else:
                check(len(found) == len(answer), f"{place}: {len(found)} answers")
                for index, ((own, is_greedy), (value, is_best)) in enumerate(zip(found, answer)):
                    check(near(float(own), value), f"{place}, choice {index}: ln p is {own}, mynah score has {value}")
                    check(str(is_greedy) == str(is_best), f"{place}, choice {index}: is_greedy is {is_greedy}")
            count += 1
        for metric, value in figures.items():
            own = result["results"][task][f"{metric},none"]
            check(near(own, value), f"{name}: {task}: {metric} is {own}, expected {value}")
            count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("mynah")
    parser.add_argument("model", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        os.environ |= {"HF_HOME": str(folder / "cache"), "HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1",
                       "TRANSFORMERS_OFFLINE": "1", "TQDM_DISABLE": "1", "TOKENIZERS_PARALLELISM": "false",
                       "LMEVAL_LOG_LEVEL": "ERROR"}
        try:
            import lm_eval
            from lm_eval.models.openai_completions import LocalCompletionsAPI
            from lm_eval.tasks import TaskManager
            from lm_eval.utils import RemoteTokenizer, check_remote_tokenizer_support
        except ImportError as missing:
            sys.exit(f"error: {missing}; install lm-eval[api] as described at the top.")
        version = importlib.metadata.version("lm_eval")

        with server_process.running(options.mynah, [options.model]) as server:
            offline = Offline(options.mynah, options.model, RemoteTokenizer(server.url).encode)
            tasks = documents(offline)
            write_tasks(folder, tasks)
            answers, scores = expected_figures(offline, tasks)
            check(any(is_best for row in answers["mynah_choices"] for _, is_best in row),
                  "no choice is greedy, so is_greedy would not be tested")

        def evaluate(server, name, **arguments):
            url = f"{server.url}/v1/completions"
            check(check_remote_tokenizer_support(url, auth_token=arguments.get("auth_token")),
                  f"{name}: the harness does not find the server's tokenizer")
            model = LocalCompletionsAPI(base_url=url, model=options.model.stem,
                                        max_length=1_000_000, **arguments)
            check(model.tokenizer_backend == "remote", f"{name}: the harness uses another tokenizer than the server's")
            manager = TaskManager(include_path=str(folder), include_defaults=False)
            result = lm_eval.simple_evaluate(model=model, tasks=list(TASKS), task_manager=manager, log_samples=True,
                                             bootstrap_iters=0)
            print(f"{name}: {compare(result, answers, scores, name)} figures agree", flush=True)

        with server_process.running(options.mynah, [options.model]) as server:
            # The harness logs a warning for each setting that a task leaves at its default.
            logging.disable(logging.WARNING)
            evaluate(server, "one by one")
            evaluate(server, "batches of 5", batch_size=5)
            evaluate(server, "4 at a time", num_concurrent=4)
            evaluate(server, "batches of 3, 4 at a time", batch_size=3, num_concurrent=4)
            # Not with tokenized_requests=False: the token before the start of a text has no text form there.
        tokens = folder / "tokens"
        tokens.write_text(KEY + "\n")
        with server_process.running(options.mynah, [options.model], "--tokens-file", str(tokens)) as server:
            os.environ["OPENAI_API_KEY"] = KEY
            evaluate(server, "with a key", auth_token=KEY)
    for task, figures in scores.items():
        print(f"{task}: " + ", ".join(f"{metric} {value:.6f}" for metric, value in figures.items()))
    print(f"lm_eval {version}: the scores are those of mynah score")


if __name__ == "__main__":
    main()
