#!/usr/bin/env python3
"""Drives `mynah serve` with the openai package, unmodified, over every feature of completions.

    python3 -m venv .venv
    .venv/bin/pip install openai
    .venv/bin/python Scripts/verify-openai.py MYNAH MODEL

MYNAH is the program, MODEL a language model with any tokenizer. The prompts are texts that the model generates; a small
byte model is trained for the UTF-8 checks. Log-probabilities must equal those of `mynah score`, greedy texts those of
`mynah generate`.
"""
import argparse
import concurrent.futures
import functools
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.request

import server_process

try:
    import openai
except ImportError as missing:
    sys.exit(f"error: {missing}; install openai as described at the top.")

TOLERANCE = 1e-5
KEY = "sk-verification"
CHECKS = []


class Failure(Exception):
    pass


def check(good, message):
    if not good:
        raise Failure(message)


def near(a, b):
    return abs(a - b) <= TOLERANCE * max(1, abs(a), abs(b))


def checked(function):
    """Registers a check; its docstring is the line that is printed."""
    CHECKS.append(function)
    return function


def train_byte_model(mynah, folder):
    """Trains a byte model on a text with characters of one to four bytes."""
    source = random.Random(1)
    words = "der Bär läuft über die Straße où est le café naïve 日本語 の 本 Ω≈ç √ é è 😀 🎉 schön größer".split()
    lines = [" ".join(source.choice(words) for _ in range(8)) for _ in range(1500)]
    text, model = folder / "characters.txt", folder / "characters.safetensors"
    text.write_text("\n".join(lines) + "\n")
    command = [mynah, "train", str(text), "--tokenizer", "byte", "--output", str(model), "--hidden", "48", "--epochs",
               "3", "--seed", "7", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return model


class Context:
    """A server with its client, and texts that the model generated."""

    def __init__(self, mynah, model_path, byte_path, url):
        self.mynah, self.path, self.url = mynah, model_path, url
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120)
        self.model, self.byte_model = model_path.stem, byte_path.stem
        info = self.get("/tokenizer_info")
        self.eos = self.tokenize(info["eos_token"])[0]
        written = self.create(prompt=[self.eos], max_tokens=120, seed=3).choices[0].text
        check(written.strip(), "the model generates white space only")
        # Whole lines, so that no word or character is cut.
        cut = written.rfind("\n", 0, len(written) - 1)
        self.text = (written[:cut] if cut > 20 else written[:written.rfind(" ")]).strip("\n")
        check("\ufffd" not in self.text, "the model's text is not UTF-8")
        line = self.text.split("\n")[0]
        self.prompt = line[:line.rfind(" ", 0, 30)] if " " in line[:30] else line[:8]
        self.ids = self.tokenize(self.prompt)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            return json.load(response)

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def tokenize(self, text, model=None):
        return self.post("/tokenize", {"prompt": text, "model": model or self.model})["tokens"]

    def create(self, **parameters):
        return self.client.completions.create(**{"model": self.model, **parameters})

    def text_of(self, **parameters):
        return self.create(**parameters).choices[0].text

    def stream(self, **parameters):
        """Returns the text, the finish reason and the log-probabilities of each choice of a stream, and all chunks."""
        chunks = list(self.create(stream=True, **parameters))
        choices = {}
        for chunk in chunks:
            for choice in chunk.choices:
                found = choices.setdefault(choice.index, {"text": "", "finish": None, "tokens": [], "logprobs": []})
                check(found["finish"] is None, "a chunk follows the one with finish_reason")
                found["text"] += choice.text
                found["finish"] = choice.finish_reason
                if choice.logprobs:
                    found["tokens"] += choice.logprobs.tokens
                    found["logprobs"] += choice.logprobs.token_logprobs
        return choices, chunks


def token_ids(choice):
    return choice.logprobs.model_extra["token_ids"]


# Shapes of prompts

@checked
def prompts(c):
    """A text, its tokens, texts and lists of tokens as a prompt give the same completions."""
    greedy = dict(max_tokens=12, temperature=0)
    reply = c.create(prompt=c.prompt, **greedy)
    text = reply.choices[0].text
    check(reply.object == "text_completion" and reply.model == c.model and reply.id, f"the reply is {reply}")
    check(reply.choices[0].finish_reason == "length" and reply.choices[0].logprobs is None, f"{reply.choices[0]}")
    check(reply.usage.prompt_tokens == len(c.ids) and reply.usage.completion_tokens == 12
          and reply.usage.total_tokens == len(c.ids) + 12, f"the usage is {reply.usage}")
    check(c.text_of(prompt=c.ids, **greedy) == text, "tokens continue differently from their text")
    other = c.text.split("\n")[-1]
    alone = [text, c.text_of(prompt=other, **greedy)]
    for prompt in ([c.prompt, other], [c.ids, c.tokenize(other)]):
        choices = c.create(prompt=prompt, **greedy).choices
        check([choice.index for choice in choices] == [0, 1], "the choices are not in order")
        check([choice.text for choice in choices] == alone, "prompts continue differently together and alone")
    pairs = c.create(prompt=[c.prompt, other], n=2, **greedy).choices
    check([choice.index for choice in pairs] == [0, 1, 2, 3], "the choices of two prompts with n = 2 are not 0 to 3")
    check([choice.text for choice in pairs] == [alone[0]] * 2 + [alone[1]] * 2, "index is not prompt × n + completion")
    check(len(c.text_of(prompt="", max_tokens=5, temperature=0)) > 0, "an empty prompt is not continued")


@checked
def defaults(c):
    """max_tokens is 16 by default, and a request with a prompt alone works."""
    reply = c.create(prompt=c.prompt)
    check(reply.usage.completion_tokens == 16, f"{reply.usage.completion_tokens} tokens by default, expected 16")


@checked
def greedy(c):
    """Temperature 0, and a tiny top_p, give the text of `mynah generate --temperature 0`."""
    command = [c.mynah, "generate", str(c.path), c.prompt, "--length", "30", "--temperature", "0", "--json", "--quiet"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    expected = json.loads(printed.splitlines()[0])["text"]
    text = c.text_of(prompt=c.prompt, max_tokens=30, temperature=0)
    check(text == expected, f"temperature 0 gives {text!r}, mynah generate {expected!r}")
    check(c.text_of(prompt=c.prompt, max_tokens=30, top_p=1e-6, seed=5) == expected, "a tiny top_p is not greedy")
    choice = c.create(prompt=c.prompt, max_tokens=30, temperature=0, logprobs=1).choices[0]
    for own, top in zip(choice.logprobs.token_logprobs, choice.logprobs.top_logprobs):
        check(own == max(top.values()), f"a greedy token has log-probability {own}, the most probable one {top}")


@checked
def seeds(c):
    """Equal seeds give equal texts, others and none other texts; choice k does not depend on n."""
    texts = {seed: c.text_of(prompt=c.prompt, max_tokens=30, seed=seed)
             for seed in (0, 1, 2, -(1 << 63), (1 << 63) - 1)}
    for seed, text in texts.items():
        check(c.text_of(prompt=c.prompt, max_tokens=30, seed=seed) == text, f"seed {seed} gives two texts")
    check(len(set(texts.values())) > 1, "all seeds give the same text")
    free = {c.text_of(prompt=c.prompt, max_tokens=30) for _ in range(5)}
    check(len(free) > 1, "without a seed all texts are the same")
    three, five = [[choice.text for choice in c.create(prompt=c.prompt, max_tokens=20, seed=4, n=n).choices]
                   for n in (3, 5)]
    check(three == five[:3], "the choices of n = 3 are not the first ones of n = 5")
    check(len(set(five)) > 1, "all choices of one seed are the same")


@checked
def nucleus(c):
    """With top_p, only tokens of the smallest set with that probability are sampled."""
    choices = c.create(prompt=[c.eos], max_tokens=1, logprobs=5, n=60, top_p=0.3, seed=9).choices
    top = sorted(choices[0].logprobs.model_extra["alternatives"][0], key=lambda entry: -entry["logprob"])
    allowed, mass = set(), 0.0
    for entry in top:
        if mass < 0.3:
            allowed.add(entry["id"])
            mass += 2.718281828459045 ** entry["logprob"]
    if mass >= 0.3:
        found = {token_ids(choice)[0] for choice in choices}
        check(found <= allowed, f"top_p 0.3 allows {allowed}, sampled were {found}")


@checked
def concurrent_requests(c):
    """Requests that run together give the texts that they give alone."""
    def text(seed):
        return c.text_of(prompt=c.prompt, max_tokens=10 + 3 * seed, seed=seed)
    alone = [text(seed) for seed in range(12)]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        check(list(pool.map(text, range(12))) == alone, "texts depend on the requests that run beside them")


# Log-probabilities

@checked
def scores(c):
    """The log-probabilities of an echoed prompt are those of `mynah score`."""
    text = c.text + "\n"
    lines, summary = server_process.score(c.mynah, c.path, text)
    expected = [token["logProbability"] for line in lines for token in line["tokens"]]
    ids = c.tokenize(text)
    check(len(ids) == len(expected), f"{len(ids)} tokens, mynah score has {len(expected)}")
    for given, name in (([c.eos] + ids, "tokens"), (text, "text")):
        choice = c.create(prompt=given, max_tokens=0, echo=True, logprobs=1).choices[0]
        found = choice.logprobs.token_logprobs
        check(found[0] is None and choice.logprobs.top_logprobs[0] is None, "the first token's entry is not null")
        wanted = expected if name == "tokens" else expected[1:]
        check(len(found) == len(wanted) + 1, f"{len(found)} log-probabilities, expected {len(wanted) + 1}")
        for index, (own, other) in enumerate(zip(found[1:], wanted)):
            check(near(own, other), f"log-probability {index} of the {name} is {own}, mynah score has {other}")
    total = sum(c.create(prompt=[c.eos] + ids, max_tokens=0, echo=True, logprobs=0).choices[0]
                .logprobs.token_logprobs[1:])
    check(near(total, summary["logProbability"]), f"the sum is {total}, mynah score has {summary['logProbability']}")
    own = c.post("/v1/score", {"input": text, "model": c.model})["data"][0]
    check(near(own["logProbability"], summary["logProbability"]), "/v1/score differs from mynah score")
    check([token["rank"] for line in own["lines"] for token in line["tokens"]]
          == [token["rank"] for line in lines for token in line["tokens"]], "/v1/score has other ranks")


@checked
def logprobs(c):
    """The lists of logprobs fit together, with 0 to 5 alternatives, echoed or not, in a stream or not."""
    for count in range(6):
        for echo in (False, True):
            choice = c.create(prompt=c.prompt, max_tokens=6, temperature=0, logprobs=count, echo=echo).choices[0]
            found = choice.logprobs
            length = 6 + (len(c.ids) if echo else 0)
            lists = [found.tokens, found.token_logprobs, found.top_logprobs, found.text_offset, token_ids(choice),
                     found.model_extra["alternatives"]]
            check([len(entry) for entry in lists] == [length] * 6, f"lists of {[len(entry) for entry in lists]}")
            check(token_ids(choice)[:-6] == (c.ids if echo else []), "token_ids are not the prompt's")
            check(found.text_offset == sorted(found.text_offset) and found.text_offset[-1] <= len(choice.text),
                  f"text_offset is {found.text_offset}")
            for position, (top, own, ordered) in enumerate(zip(found.top_logprobs, found.token_logprobs, lists[5])):
                if echo and position == 0:
                    check(top is None and own is None and ordered is None, "the first entry is not null")
                    continue
                check(own <= 1e-6 and own in top.values() if count else own <= 1e-6, f"{own} is not among {top}")
                check(count <= len(ordered) <= count + 1, f"{len(ordered)} alternatives, expected {count}")
                values = [entry["logprob"] for entry in ordered[:count]]
                check(values == sorted(values, reverse=True), "alternatives are not in order")
            streamed, _ = c.stream(prompt=c.prompt, max_tokens=6, temperature=0, logprobs=count, echo=echo)
            check(streamed[0]["logprobs"] == found.token_logprobs and streamed[0]["tokens"] == found.tokens,
                  "a stream has other logprobs")


@checked
def echoes(c):
    """echo returns the prompt before the completion; max_tokens 0 generates nothing."""
    alone = c.text_of(prompt=c.prompt, max_tokens=8, temperature=0)
    for prompt in (c.prompt, c.ids):
        reply = c.create(prompt=prompt, max_tokens=8, temperature=0, echo=True)
        check(reply.choices[0].text == c.prompt + alone, f"the echo is {reply.choices[0].text!r}")
        reply = c.create(prompt=prompt, max_tokens=0, echo=True)
        check(reply.choices[0].text == c.prompt and reply.usage.completion_tokens == 0, "max_tokens 0 generates")
        check(reply.choices[0].finish_reason == "length", f"finish_reason is {reply.choices[0].finish_reason}")
    check(c.text_of(prompt=c.prompt, max_tokens=0) == "", "max_tokens 0 without echo returns text")


# Choices

@checked
def best_of(c):
    """best_of returns the candidates with the highest log-probability per token."""
    candidates = c.create(prompt=c.prompt, max_tokens=10, n=6, seed=2, logprobs=0).choices
    means = sorted(((sum(choice.logprobs.token_logprobs) / 10, choice.text) for choice in candidates), reverse=True)
    reply = c.create(prompt=c.prompt, max_tokens=10, n=2, best_of=6, seed=2)
    found = sorted(choice.text for choice in reply.choices)
    check(found == sorted(text for _, text in means[:2]), f"best_of returns {found}, the candidates are {means}")
    check(reply.usage.completion_tokens == 60, "the usage of best_of does not count all candidates")


@checked
def penalties(c):
    """Penalties lower the scores of tokens that were generated, and negative ones raise them."""
    plain = c.create(prompt=[c.eos], max_tokens=40, temperature=0, logprobs=5).choices[0]
    for presence, frequency in ((2, 0), (0, 2), (1.5, 0.5), (-1, -2)):
        choice = c.create(prompt=[c.eos], max_tokens=40, temperature=0, logprobs=5, presence_penalty=presence,
                          frequency_penalty=frequency).choices[0]
        counts = {}

        def adjusted(token, value):
            return value - (presence + frequency * counts[token] if token in counts else 0)

        entries = zip(token_ids(choice), choice.logprobs.token_logprobs, choice.logprobs.model_extra["alternatives"])
        for token, value, alternatives in entries:
            for entry in alternatives:
                # The prompt's token may or may not count.
                if entry["id"] != c.eos and token != c.eos:
                    check(adjusted(token, value) >= adjusted(entry["id"], entry["logprob"]) - 1e-4,
                          f"with penalties {presence}, {frequency}, token {token} is not the best after {counts}")
            counts[token] = counts.get(token, 0) + 1
        if presence + frequency >= 2:
            check(choice.text != plain.text or len(set(token_ids(plain))) == 40, "penalties change nothing")


@checked
def logit_bias(c):
    """A bias of −100 bans a token, one of 100 forces it."""
    choice = c.create(prompt=c.prompt, max_tokens=1, temperature=0, logprobs=1).choices[0]
    first = token_ids(choice)[0]
    banned = c.create(prompt=c.prompt, max_tokens=20, n=8, seed=1, logprobs=1, logit_bias={str(first): -100}).choices
    check(all(first not in token_ids(choice) for choice in banned), "a bias of −100 does not ban a token")
    other = next(token for token in c.ids if token != first)
    forced = c.create(prompt=c.prompt, max_tokens=5, seed=1, logprobs=1, logit_bias={str(other): 100}).choices[0]
    check(token_ids(forced) == [other] * 5, f"a bias of 100 gives {token_ids(forced)}, expected five of {other}")


# Stop strings

@checked
def stops(c):
    """A text ends before the first stop string, also one that spans tokens, and a stream leaks no part of it."""
    whole = c.create(prompt=c.prompt, max_tokens=60, temperature=0, logprobs=0).choices[0]
    text, offsets = whole.text, whole.logprobs.text_offset
    source = random.Random(5)
    cases = []
    for _ in range(12):
        start = source.randrange(1, len(text) - 1)
        cases.append([text[start:start + source.randrange(1, 8)]])
    # Around the beginnings of tokens, so that a string spans two of them.
    for offset in offsets[2:40:5]:
        if 1 < offset < len(text) - 2:
            cases.append([text[offset - 2:offset + 2]])
    cases += [[text[-3:], text[len(text) // 2:len(text) // 2 + 4]], [text[4:7] + "\u2603", text[9:12] + "\u2603"],
              ["\u2603"] * 16, [text[:2]], []]
    for stop in cases:
        places = [text.find(string) for string in stop if string in text]
        expected = text[:min(places)] if places else text
        finish = "stop" if places else "length"
        for given in [stop] + ([stop[0]] if len(stop) == 1 else []):
            choice = c.create(prompt=c.prompt, max_tokens=60, temperature=0, stop=given).choices[0]
            check((choice.text, choice.finish_reason) == (expected, finish),
                  f"stop {given!r} gives {choice.text!r} ({choice.finish_reason}), expected {expected!r} ({finish})")
        streamed, _ = c.stream(prompt=c.prompt, max_tokens=60, temperature=0, stop=stop)
        found = (streamed[0]["text"], streamed[0]["finish"])
        check(found == (expected, finish), f"stop {stop!r} streams {found}, expected {expected!r} ({finish})")
    echoed = c.create(prompt=c.prompt, max_tokens=5, temperature=0, echo=True, stop=c.prompt[:3]).choices[0]
    check(echoed.text.startswith(c.prompt), "a stop string in the prompt cuts its echo")


# Streams

@checked
def streams(c):
    """A stream has the text, finish reasons and usage of a reply without streaming, for any n and several prompts."""
    for parameters in (dict(prompt=c.prompt), dict(prompt=c.prompt, n=3), dict(prompt=[c.prompt, c.text], n=2),
                       dict(prompt=c.ids, echo=True), dict(prompt=c.prompt, max_tokens=0),
                       dict(prompt=c.prompt, max_tokens=0, echo=True)):
        parameters = {"max_tokens": 25, "seed": 11, **parameters}
        reply = c.create(**parameters)
        streamed, chunks = c.stream(**parameters)
        check({choice.index: choice.text for choice in reply.choices}
              == {index: choice["text"] for index, choice in streamed.items()}, f"{parameters} streams another text")
        check(all(choice["finish"] == "length" for choice in streamed.values()), "finish_reason is not length")
        check(len({chunk.id for chunk in chunks}) == 1, "the chunks of a stream have several ids")
        check(all(chunk.object == "text_completion" and chunk.usage is None for chunk in chunks), "a chunk is odd")
        _, chunks = c.stream(stream_options={"include_usage": True}, **parameters)
        check(chunks[-1].choices == [] and chunks[-1].usage == reply.usage, f"the usage is {chunks[-1]}")
        check(all(chunk.usage is None and chunk.choices for chunk in chunks[:-1]), "an earlier chunk has the usage")
    # A small model generates several tokens while one chunk is written.
    _, chunks = c.stream(prompt=c.prompt, max_tokens=2000, seed=11)
    check(len(chunks) > 2, f"2000 tokens arrive in {len(chunks)} chunks")


@checked
def characters(c):
    """Each event of a byte model's stream is UTF-8 by itself, and their text is that of a reply without streaming."""
    prompt = "der Bär läuft über die Straße"
    lead, tail = "é".encode()
    # The last two give random sequences of bytes: characters, and halves of them.
    cases = [dict(max_tokens=300, seed=seed) for seed in range(4)] + [dict(max_tokens=count, temperature=0)
                                                                      for count in range(1, 9)]
    cases += [dict(max_tokens=60, seed=seed, logit_bias={str(lead): 100, str(tail): 100}) for seed in range(4)]
    cases += [dict(max_tokens=60, seed=seed, temperature=2) for seed in range(4)]
    wide = 0
    for parameters in cases:
        text = c.text_of(model=c.byte_model, prompt=prompt, **parameters)
        wide += sum(len(character.encode()) > 1 and character != "\ufffd" for character in text)
        body = json.dumps({"model": c.byte_model, "prompt": prompt, "stream": True, **parameters}).encode()
        request = urllib.request.Request(f"{c.url}/v1/completions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            kind = response.headers.get_content_type()
            check(kind == "text/event-stream", f"the content type of a stream is {kind}")
            events = response.read().split(b"\n\n")
        check(events[-1] == b"" and events[-2] == b"data: [DONE]", f"the stream ends with {events[-2:]}")
        chunks = [json.loads(event.decode("utf-8").removeprefix("data: ")) for event in events[:-2]]
        parts = [chunk["choices"][0]["text"] for chunk in chunks]
        check("".join(parts) == text, f"{parameters} streams {''.join(parts)!r}, expected {text!r}")
        check(all(part.encode("utf-8") is not None for part in parts), "a part holds half of a surrogate pair")
    check(wide > 50, f"the texts have only {wide} characters of several bytes")
    # A stop string of several bytes, whose first byte is also that of other characters.
    text = c.text_of(model=c.byte_model, prompt=prompt, max_tokens=300, seed=1)
    stop = next(character for character in text[5:] if len(character.encode()) > 2)
    streamed, _ = c.stream(model=c.byte_model, prompt=prompt, max_tokens=300, seed=1, stop=[stop])
    check(streamed[0] == {**streamed[0], "text": text[:text.index(stop)], "finish": "stop"}, f"stop {stop} is odd")
    found = c.create(model=c.byte_model, prompt=prompt, max_tokens=0, echo=True, logprobs=1).choices[0]
    check(found.text == prompt, f"the echo is {found.text!r}")
    check(len(found.logprobs.tokens) == len(prompt.encode()), "the tokens of a byte model are not bytes")
    check(c.post("/detokenize", {"tokens": list(prompt.encode()), "model": c.byte_model})["prompt"] == prompt,
          "/detokenize does not return the text of /tokenize")


# States, models, errors

@checked
def states(c):
    """keep_state and state continue a text where it ended, as often as asked."""
    whole = c.create(prompt=c.prompt, max_tokens=20, temperature=0, logprobs=0).choices[0]
    first = c.create(prompt=c.prompt, max_tokens=8, temperature=0, logprobs=0,
                     extra_body={"keep_state": True}).choices[0]
    state = first.model_extra["state"]
    for _ in range(2):
        rest = c.create(prompt="", max_tokens=12, temperature=0, logprobs=0, extra_body={"state": state}).choices[0]
        check(token_ids(first) + token_ids(rest) == token_ids(whole), "a state continues with other tokens")
        check(first.text + rest.text == whole.text, f"{first.text!r} + {rest.text!r} is not {whole.text!r}")


@checked
def models(c):
    """The models are listed and retrieved by name."""
    listed = c.client.models.list().data
    check([model.id for model in listed] == [c.model, c.byte_model], f"the models are {[m.id for m in listed]}")
    for model in listed:
        found = c.client.models.retrieve(model.id)
        check(found == model and model.object == "model" and model.created > 0, f"{found} is not {model}")


def expect(kind, code, function, parameter=None):
    try:
        function()
    except openai.APIStatusError as error:
        body = error.body if isinstance(error.body, dict) else {}
        check(type(error) is kind, f"{type(error).__name__} ({error}), expected {kind.__name__}")
        check(set(body) >= {"message", "type", "param", "code"} and body["message"],
              f"the error's body is {error.body}")
        check(code is None or body["code"] == code, f"the error's code is {body['code']!r}, expected {code!r}")
        check(parameter is None or body["param"] == parameter, f"param is {body['param']!r}, expected {parameter!r}")
        return error
    raise Failure(f"no {kind.__name__}")


@checked
def errors(c):
    """Each wrong request raises the class of error that OpenAI's server gives."""
    wrong = [("temperature", 3), ("temperature", -0.1), ("temperature", "hot"), ("n", 0), ("n", 129), ("n", 1.5),
             ("best_of", 21), ("max_tokens", -1), ("max_tokens", 10**9), ("max_tokens", 10**30), ("logprobs", 6),
             ("logprobs", -1), ("top_p", 1.1), ("top_p", -0.1), ("presence_penalty", 2.1), ("frequency_penalty", -2.1),
             ("stop", ["x"] * 17), ("stop", [1]), ("stop", {}), ("echo", "yes"), ("stream", 1), ("seed", 1 << 63),
             ("seed", 0.5), ("logit_bias", {"0": 101}), ("logit_bias", {"first": 1}), ("logit_bias", {"99999999": 1}),
             ("logit_bias", [1]), ("prompt", 7), ("prompt", [1, "a"]), ("prompt", [-1]), ("prompt", [99999999]),
             ("prompt", [[1], ["a"]]), ("prompt", {"text": "a"}), ("user", 1),
             ("stream_options", {"include_usage": True})]
    for name, value in wrong:
        request = {"prompt": c.prompt, **({name: value} if name != "prompt" else {})}
        if name == "prompt":
            request["prompt"] = value
        try:
            expect(openai.BadRequestError, None, lambda: c.create(**request), name)
        except Failure as failure:
            raise Failure(f"{name} = {str(value)[:60]}: {failure}") from None
    expect(openai.BadRequestError, None, lambda: c.create(prompt=c.prompt, n=3, best_of=2))
    expect(openai.BadRequestError, None, lambda: c.create(prompt=c.prompt, stream=True, n=1, best_of=2))
    expect(openai.BadRequestError, "unsupported_parameter", lambda: c.create(prompt=c.prompt, suffix="end"))
    expect(openai.BadRequestError, "unknown_parameter", lambda: c.create(prompt=c.prompt, extra_body={"size": 1}))
    expect(openai.NotFoundError, "model_not_found", lambda: c.create(model="no such model", prompt=c.prompt))
    expect(openai.NotFoundError, "model_not_found", lambda: c.client.models.retrieve("no such model"))
    expect(openai.NotFoundError, "state_not_found",
           lambda: c.create(prompt="", extra_body={"state": "state-00000000"}))
    expect(openai.NotFoundError, "unknown_path", lambda: c.client.embeddings.create(model=c.model, input="a"))
    check(c.text_of(prompt=c.prompt, max_tokens=2, suffix=None, user="someone") is not None, "suffix null is refused")


def keys_and_limits(mynah, model, folder):
    """A server with tokens refuses other keys, and one stream with one place in the queue refuses a third request."""
    tokens = folder / "tokens"
    tokens.write_text(KEY + "\n")
    with server_process.running(mynah, [model], "--tokens-file", str(tokens), "--max-streams", "1", "--max-queue",
                                "1") as server:
        connect = functools.partial(openai.OpenAI, base_url=f"{server.url}/v1", max_retries=0, timeout=120)
        right, wrong = connect(api_key=KEY), connect(api_key=KEY[:-1])
        for client in (wrong, connect(api_key=KEY + "x"), connect(api_key="x")):
            error = expect(openai.AuthenticationError, "invalid_api_key", lambda: client.models.list())
            check(error.response.headers.get("WWW-Authenticate", "").startswith("Bearer"), "no WWW-Authenticate")
            expect(openai.AuthenticationError, "invalid_api_key",
                   lambda: client.completions.create(model=model.stem, prompt=""))
        check([entry.id for entry in right.models.list().data] == [model.stem], "the right key is refused")
        for path in ("/health", "/ready", "/"):
            with urllib.request.urlopen(server.url + path, timeout=10) as response:
                check(response.status == 200, f"{path} needs a key")

        def request(seed):
            try:
                reply = right.completions.create(model=model.stem, prompt="", max_tokens=2000, seed=seed)
                return reply.usage.completion_tokens
            except openai.RateLimitError as error:
                check(int(error.response.headers["Retry-After"]) >= 0, "no Retry-After")
                check(error.body["code"] == "queue_full", f"the error is {error.body}")
                return None
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            counts = list(pool.map(request, range(24)))
        check(None in counts, "24 requests at once were all accepted by one stream with a queue of one")
        check(2000 in counts, "no request was served")
        check(set(counts) == {None, 2000}, f"requests were cut: {counts}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("mynah")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--only", help="the name of one check")
    options = parser.parse_args()
    failures, count = [], 0

    def attempt(name, line, function):
        nonlocal count
        if options.only not in (None, name):
            return
        count += 1
        try:
            function()
            print(f"ok      {name}: {line}", flush=True)
        except (Failure, openai.OpenAIError, OSError, KeyError, TypeError, ValueError) as failure:
            failures.append(name)
            print(f"FAILED  {name}: {type(failure).__name__}: {failure}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        byte_model = train_byte_model(options.mynah, folder)
        with server_process.running(options.mynah, [options.model, byte_model]) as server:
            try:
                context = Context(options.mynah, options.model, byte_model, server.url)
            except Failure as failure:
                sys.exit(f"error: {failure}")
            for function in CHECKS:
                attempt(function.__name__, function.__doc__, functools.partial(function, context))
        attempt("keys_and_limits", keys_and_limits.__doc__,
                functools.partial(keys_and_limits, options.mynah, options.model, folder))
    if failures or not count:
        sys.exit(f"error: {len(failures)} of {count} checks failed: {', '.join(failures)}")
    print(f"openai {openai.__version__}: {count} checks passed")


if __name__ == "__main__":
    main()
