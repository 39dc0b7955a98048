#!/usr/bin/env python3
"""Trains the models of three recipes in PyTorch, as a reference for Mynah's runs.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0' numpy
    .venv/bin/python Scripts/reference-recipes.py RECIPE --data FOLDER --epochs N [--seed 1] [--threads 1]

RECIPE       training data                                              files in FOLDER
padded       sentences of the Penn Treebank, each cut or padded to 20   ptb/ptb.train.txt, ptb/ptb.valid.txt
shakespeare  characters, in windows of 100                              tinyshakespeare/input.txt
brown        words of the Brown corpus, in windows of 25                brown/brown/ca01 ... cr09

Prints JSON lines. The first describes the data and the untrained model, then comes one line per epoch:

    parameterCount        the number of trained parameters
    trainingIDsSHA256     of the training ids as little-endian int32, without padding
    untrainedLoss         mean nats per target of the first batch in the text's order, without dropout
    train                 perplexity per target over the epoch, measured while training, with dropout
    validation            perplexity per target after the epoch, without dropout
    accuracy              share of validation targets that are the most probable token; brown only
    seconds               the training time of the epoch, without validation

All recipes start every window or sentence from a zero state, use Adam with epsilon 1e-7 and do not clip gradients.
PyTorch's LSTM has two biases: bias_hh stays zero and is not trained, because Mynah trains only one bias and a second
one would double its updates.
"""
import argparse
import collections
import hashlib
import json
import math
import pathlib
import re
import sys
import time

try:
    import numpy
    import torch
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

NO_TARGET = -100  # marks padding among the targets
SENTENCE_LENGTH = 20
BROWN_IDS_SHA256 = "cf2d089a905259950f2aafd6fbd616f6b14726c71f2d66d7133309c0c2395a10"
# Inputs and targets, [windows, steps] each.
Pairs = collections.namedtuple("Pairs", "inputs targets")
Data = collections.namedtuple("Data", "training validation training_ids vocabulary_size")
# `read` reads the Data from a folder. The ranges are those of uniform initial weights; None means Glorot's. `dropout`
# contains the rates of the embedding's and each LSTM's outputs. `drops_last_batch`: drop an incomplete last batch in
# training. `sums_loss`: sum the loss over the targets of a batch instead of averaging it.
RECIPE_FIELDS = ("read embedding embedding_range hidden_sizes dropout dense_range batch_size drops_last_batch "
                 "sums_loss rate")
Recipe = collections.namedtuple("Recipe", RECIPE_FIELDS)


def windows(ids, length):
    """Splits a text into windows, with targets shifted by one; drops a remainder that does not fill a window."""
    ids = torch.from_numpy(ids.astype(numpy.int64))
    used = (len(ids) - 1) // length * length
    return Pairs(ids[:used].reshape(-1, length), ids[1 : used + 1].reshape(-1, length))


def read_shakespeare(folder):
    """Characters: the first 90 % are for training, half of the rest for validation. Ids 0 and 1 are "" and "[UNK]"."""
    text = (folder / "tinyshakespeare" / "input.txt").read_bytes().decode("utf-8")
    cut = int(len(text) * 0.9)
    ids = {character: 2 + rank for rank, character in enumerate(sorted(set(text[:cut])))}
    encoded = numpy.array([ids.get(character, 1) for character in text], dtype=numpy.int32)
    training, validation = encoded[:cut], encoded[cut : cut + (len(text) - cut) // 2]
    assert (len(training), len(validation), len(ids) + 2) == (1_003_854, 55_770, 67)
    assert training[:21].tolist() == [20, 49, 58, 59, 60, 3, 17, 49, 60, 49, 66, 45, 54, 12, 2, 16, 45, 46, 55, 58, 45]
    return Data(windows(training, 100), windows(validation, 100), training, len(ids) + 2)


def brown_form(word):
    """A word in lower case. Without letters, digits become DG, and commas are removed if it then begins with DG."""
    word = word.lower()
    if any(character.isalpha() for character in word):
        return word
    word = re.sub("[0-9]", "DG", word)
    return word.replace(",", "") if word.startswith("DG") else word


def read_brown(folder):
    """The Brown corpus in the order of NumPy's RandomState(42): 80 % of the sentences are for training.

    Each sentence begins with <s>. IDs are assigned to <s>, </s> and <unk>, then by count, with ties in the order of
    first occurrence. The text ends with an additional <s>.
    """
    paths = sorted((folder / "brown" / "brown").glob("c[a-r][0-9][0-9]"))
    lines = [line for path in paths for line in path.read_text(encoding="ascii").split("\n") if line.strip()]
    sentences = [[brown_form(token.rpartition("/")[0]) for token in line.split()] for line in lines]
    counts = collections.Counter(word for sentence in sentences for word in sentence)
    words = ["<s>", "</s>", "<unk>"] + [word for word, _ in counts.most_common(10_000 - 3)]
    ids = {word: id for id, word in enumerate(words)}
    order = numpy.random.RandomState(42).permutation(len(sentences))

    def encode(order):
        encoded = [id for i in order for id in [0, *(ids.get(word, 2) for word in sentences[i])]]
        return numpy.array([*encoded, 0], dtype=numpy.int32)

    training, test = (encode(part) for part in numpy.split(order, [int(0.8 * len(sentences))]))
    assert (len(sentences), len(training), len(test), len(ids)) == (57_340, 969_950, 248_584, 10_000)
    assert digest(training) == BROWN_IDS_SHA256
    # The notebook that the recipe comes from uses (count - 25) // 25 * 25 pairs.
    return Data(windows(training[:-24], 25), windows(test[:-24], 25), training, len(ids))


def read_padded(folder):
    """The Penn Treebank's sentences by the rules of Keras's Tokenizer(10_000, filters=""): ID 0 is padding, words are
    numbered by count from 1.
    """

    def sentences(name):
        lines = (folder / "ptb" / name).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        return [[word for word in line.strip().lower().split(" ") if word] for line in lines]

    training = sentences("ptb.train.txt")
    counts = collections.Counter(word for sentence in training for word in sentence)
    ids = {word: rank for rank, (word, _) in enumerate(counts.most_common(), start=1) if rank < 10_000}

    def encode(sentences):
        return [[ids[word] for word in sentence if word in ids] for sentence in sentences]

    def pairs(sentences):
        inputs = torch.zeros(len(sentences), SENTENCE_LENGTH - 1, dtype=torch.int64)
        targets = torch.full_like(inputs, NO_TARGET)
        for row, sentence in enumerate(sentences):
            sentence = torch.tensor(sentence[:SENTENCE_LENGTH], dtype=torch.int64)
            count = max(len(sentence) - 1, 0)
            inputs[row, :count], targets[row, :count] = sentence[:-1], sentence[1:]
        return Pairs(inputs, targets)

    training, validation = encode(training), encode(sentences("ptb.valid.txt"))
    training_ids = numpy.array([id for sentence in training for id in sentence], dtype=numpy.int32)
    assert (len(training), len(validation), len(training_ids)) == (42_068, 3_370, 887_521)
    return Data(pairs(training), pairs(validation), training_ids, 10_000)


def digest(ids):
    return hashlib.sha256(ids.astype("<i4").tobytes()).hexdigest()


RECIPES = {
    "padded": Recipe(read_padded, 10, 0.05, [128], (0.5, 0.5), None, 64, False, True, 1e-3),
    "shakespeare": Recipe(read_shakespeare, 256, 0.05, [1024], (0, 0), None, 64, True, False, 1e-4),
    "brown": Recipe(read_brown, 200, 1, [200, 200], (0, 0.1), 1, 100, False, False, 0.01),
}


class LanguageModel(nn.Module):
    """An embedding, LSTMs with Keras's initial weights and dropout, and a dense layer of logits."""

    def __init__(self, recipe, vocabulary_size):
        super().__init__()
        sizes = [recipe.embedding, *recipe.hidden_sizes]
        self.embedding = nn.Embedding(vocabulary_size, recipe.embedding)
        self.recurrent = nn.ModuleList(nn.LSTM(i, h, batch_first=True) for i, h in zip(sizes, recipe.hidden_sizes))
        self.dense = nn.Linear(sizes[-1], vocabulary_size)
        self.input_dropout, self.output_dropout = map(nn.Dropout, recipe.dropout)
        nn.init.uniform_(self.embedding.weight, -recipe.embedding_range, recipe.embedding_range)
        for lstm, hidden in zip(self.recurrent, recipe.hidden_sizes):
            nn.init.xavier_uniform_(lstm.weight_ih_l0)
            nn.init.orthogonal_(lstm.weight_hh_l0)
            nn.init.zeros_(lstm.bias_ih_l0)
            nn.init.ones_(lstm.bias_ih_l0.data[hidden : 2 * hidden])  # the forget gate's
            nn.init.zeros_(lstm.bias_hh_l0)
            lstm.bias_hh_l0.requires_grad = False
        nn.init.xavier_uniform_(self.dense.weight)
        if recipe.dense_range:
            nn.init.uniform_(self.dense.weight, -recipe.dense_range, recipe.dense_range)
        nn.init.zeros_(self.dense.bias)

    def forward(self, ids):
        x = self.input_dropout(self.embedding(ids))
        for lstm in self.recurrent:
            x = self.output_dropout(lstm(x)[0])
        return self.dense(x)


def summed_loss(model, inputs, targets):
    """The logits, the cross-entropy in nats summed over the targets, and the number of targets."""
    logits = model(inputs)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET, reduction="sum")
    return logits, loss, int((targets != NO_TARGET).sum())


def train_epoch(recipe, model, optimizer, pairs):
    """Trains on shuffled batches; returns the mean loss in nats per target."""
    model.train()
    nats = target_count = 0
    for rows in torch.randperm(len(pairs.inputs)).split(recipe.batch_size):
        if recipe.drops_last_batch and len(rows) < recipe.batch_size:
            continue
        _, loss, count = summed_loss(model, pairs.inputs[rows], pairs.targets[rows])
        optimizer.zero_grad()
        (loss if recipe.sums_loss else loss / count).backward()
        optimizer.step()
        nats, target_count = nats + loss.item(), target_count + count
    return nats / target_count


@torch.no_grad()
def evaluate(recipe, model, pairs):
    """The mean loss in nats per target and the accuracy, without dropout, including an incomplete last batch."""
    model.eval()
    nats = hit_count = target_count = 0
    for inputs, targets in zip(*(side.split(recipe.batch_size) for side in pairs)):
        logits, loss, count = summed_loss(model, inputs, targets)
        nats, target_count = nats + loss.item(), target_count + count
        hit_count += int((logits.argmax(-1) == targets).sum())
    return nats / target_count, hit_count / target_count


def main():
    parser = argparse.ArgumentParser(description="Trains the model of a recipe in PyTorch and prints JSON lines.")
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--data", type=pathlib.Path, required=True, metavar="FOLDER", help="holds the texts")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)

    data = recipe.read(arguments.data)
    model = LanguageModel(recipe, data.vocabulary_size)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=recipe.rate, betas=(0.9, 0.999), eps=1e-7)
    batch_count = len(data.training.inputs) / recipe.batch_size
    first = Pairs(*(side[: recipe.batch_size] for side in data.training))
    description = {
        "trainingTokenCount": len(data.training_ids),
        "vocabularySize": data.vocabulary_size,
        "trainingIDsSHA256": digest(data.training_ids),
        "parameterCount": sum(parameter.numel() for parameter in trained),
        "batchesPerEpoch": math.floor(batch_count) if recipe.drops_last_batch else math.ceil(batch_count),
        "untrainedLoss": evaluate(recipe, model, first)[0],
    }
    print(json.dumps(description), flush=True)
    for epoch in range(1, arguments.epochs + 1):
        start = time.monotonic()
        train = train_epoch(recipe, model, optimizer, data.training)
        seconds = time.monotonic() - start
        validation, accuracy = evaluate(recipe, model, data.validation)
        line = {"recipe": arguments.recipe, "epoch": epoch,
                "train": math.exp(train), "validation": math.exp(validation)}
        if arguments.recipe == "brown":
            line["accuracy"] = accuracy
        print(json.dumps(line | {"seconds": round(seconds, 1)}), flush=True)


if __name__ == "__main__":
    main()
