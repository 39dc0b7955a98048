"""The sections' tables, built from samples: each is Markdown, or None if nothing was measured."""
from . import targets
from .measures import gemm, inference, peak, train
from .samples import ratio
from .tables import number, table

KERAS = ("Keras", "Keras XLA")


def blocks(samples, about, judge):
    """All blocks by name, except those of sections that were not measured."""
    found = {
        "peak": peak_table(samples),
        "gemm": gemm_table(samples, judge),
        "train": train_table(samples),
        "train-ratios": train_ratios(samples, about, judge),
        "inference": inference_table(samples, about, judge),
        "onnx": onnx_table(samples, about, judge),
        "start": start_table(samples, judge),
        "summary": summary(samples, about),
    }
    found = {name: text for name, text in found.items() if text}
    if not found:
        return {}
    found = {"machine": machine(about), **found}
    if not about.isChosen:
        return found
    # A chosen instruction set has separate tables, and README.md shows the machine's best one.
    return {f"{name} {about.instructionSet}": text for name, text in found.items() if name != "summary"}


def machine(about):
    engines = "; ".join(sorted(set(about.engines.values()))) or "no peers"
    lines = [
        f"{about.machine['cpu']}, {about.machine['cores']} cores, kernels for {about.instructionSet}. "
        f"mynah at {about.commit}, {about.swift}; {engines}. {about.date[:10]}, medians of {about.rounds} "
        f"round{'s' if about.rounds > 1 else ''}."]
    return "\n".join(lines + [f"- {sentence}." for sentence in about.notes])


def peak_table(samples):
    rows = [[label] + [number(samples.median(figure, section="peak", threads=threads)) for threads in (1, 2)]
            for figure, label in peak.FIGURES.items()]
    return samples.cases("peak") and table(["peaks of the machine", "1 thread", "2 threads"], rows)


def operations(product):
    m, n, k = product.split("/")[0].split("x")
    return 2 * int(m) * int(n) * int(k)


def gemm_table(samples, judge):
    rows = []
    for product in sorted(samples.cases("gemm"), key=lambda p: p in samples.cases("recurrent")):
        is_recurrent = product in samples.cases("recurrent")
        row = [product + (" recurrent" if is_recurrent else "")]

        def speed(engine, precision, threads):
            # The weights of recurrent products are packed in advance; the libraries' functions take them unpacked.
            section = "recurrent" if is_recurrent and engine == "mynah" else "gemm"
            return samples.median("gigaflops", section=section, case=product, engine=engine, precision=precision,
                                  threads=threads)

        for threads in (1, 2):
            figures = {e: speed(e, "float32", threads) for e in ("mynah", *gemm.LIBRARIES)}
            ours = figures["mynah"]
            target = targets.RECURRENT if is_recurrent else targets.GEMM
            row += [number(ours), number(figures["oneDNN"]), number(figures["OpenBLAS"]),
                    judge.at_least(ratio(ours, figures["oneDNN"]), target)]
        single, half = (speed("mynah", p, 2) for p in ("float32", "bfloat16"))
        is_large = operations(product) >= targets.LARGE
        row += [number(half), judge.at_least(ratio(half, single), targets.BFLOAT16_GEMM if is_large else None)]
        rows.append(row)
    header = ["M×N×K, form"]
    for threads in ("1 thread", "2 threads"):
        header += [f"mynah, {threads}", "oneDNN", "OpenBLAS", "mynah ÷ oneDNN"]
    return rows and table(header + ["mynah bfloat16, 2 threads", "÷ float32"], rows)


def train_table(samples):
    columns = [("mynah", "float32"), ("mynah", "bfloat16"), ("PyTorch", "float32"), ("PyTorch", "bfloat16"),
               ("Keras", "float32"), ("Keras XLA", "float32")]
    rows = []
    for preset in samples.cases("train"):
        wanted = dict(section="train", case=preset, threads=2)
        rows.append([preset] + [
            number(samples.median("milliseconds", engine=e, precision=p, **wanted)) for e, p in columns])
        rows.append(["– tokens/s"] + [
            number(samples.median("tokensPerSecond", engine=e, precision=p, **wanted)) for e, p in columns])
        rows.append(["– peak MiB"] + [
            number(samples.median("peakMiB", engine=e, precision=p, **wanted)) for e, p in columns])
    return rows and table(["ms per step"] + [f"{e} {p}" for e, p in columns], rows)


def train_speeds(samples, preset):
    """mynah's speeds in float32 and bfloat16, and the fastest peers in float32 and in any precision, with names."""
    wanted = dict(section="train", case=preset, threads=2)
    ours = [samples.median("tokensPerSecond", engine="mynah", precision=p, **wanted) for p in ("float32", "bfloat16")]
    peers = ("PyTorch", *KERAS)
    return (*ours, samples.best("tokensPerSecond", peers, ("float32",), **wanted),
            samples.best("tokensPerSecond", peers, ("float32", "bfloat16"), **wanted))


def train_ratios(samples, about, judge):
    rows = []
    shares, half_shares = (found.get(about.instructionSet, {})
                           for found in (targets.SHARE_OF_PEAK, targets.SHARE_OF_BFLOAT16_PEAK))
    for preset in samples.cases("train"):
        single, half, (single_peer, single_name), (peer, name) = train_speeds(samples, preset)
        float32 = dict(section="train", case=preset, precision="float32")
        memory = ratio(samples.median("peakMiB", engine="mynah", threads=2, **float32),
                       samples.median("peakMiB", engine="PyTorch", threads=2, **float32))
        alone = samples.median("tokensPerSecond", engine="mynah", threads=1, **float32)
        share = samples.median("shareOfPeak", engine="mynah", threads=2, **float32)
        half_share = samples.median(
            "shareOfBfloat16Peak", section="train", case=preset, engine="mynah", precision="bfloat16", threads=2)
        target = targets.train(about.instructionSet).get(preset, (None, None))
        rows.append([preset, judge.at_least(ratio(single, single_peer), target[0]), single_name or "–",
                     judge.at_least(ratio(half, peer), target[1]), name or "–", judge.at_most(memory, targets.MEMORY),
                     judge.at_least(ratio(single, alone), targets.SECOND_THREAD),
                     judge.at_least(share, shares.get(preset)),
                     judge.at_least(half_share, half_shares.get(preset))])
    return rows and table(["speed, mynah ÷ peer", "float32", "fastest float32 peer", "bfloat16", "fastest peer",
                           "memory ÷ PyTorch's", "2 threads ÷ 1", "share of float32 peak",
                           "share of bfloat16 peak"], rows)


def inference_label(task, preset, streams):
    return f"{task} {preset}, {streams} stream{'s' if streams > 1 else ''}"


def inference_speeds(samples, task, preset, streams):
    """The speeds of mynah, PyTorch and ONNX Runtime by precision."""
    return [{p: samples.median("tokensPerSecond", section=task, case=preset, streams=streams, engine=e, precision=p)
             for p in inference.PRECISIONS} for e in ("mynah", *inference.PEERS)]


def inference_table(samples, about, judge):
    rows = []
    for task, streams in inference.TASKS:
        for preset in samples.cases(task):
            ours, theirs, _ = inference_speeds(samples, task, preset, streams)
            best, best_peer = (max((v for v in speeds.values() if v), default=None) for speeds in (ours, theirs))
            if best is None and best_peer is None:
                continue
            judged = ours["float32"] if streams > 1 else best
            rows.append([inference_label(task, preset, streams),
                         *map(number, ours.values()), *map(number, theirs.values()),
                         judge.at_least(ratio(judged, theirs["float32"]),
                                        targets.inference(about.instructionSet).get((task, preset, streams))),
                         number(ratio(best, best_peer))])
    names = [f"{e} {p}" for e in ("mynah", "PyTorch") for p in inference.PRECISIONS]
    return rows and table(["tokens/s", *names, "mynah ÷ PyTorch float32", "best ÷ best"], rows)


def onnx_table(samples, about, judge):
    """mynah's speed relative to ONNX Runtime's in the same precision, and the gain from bfloat16."""
    rows = []
    for task, streams in inference.TASKS:
        for preset in samples.cases(task):
            ours, _, theirs = inference_speeds(samples, task, preset, streams)
            if not any(theirs.values()):
                continue
            single, small = targets.onnx(about.instructionSet).get((task, preset, streams), (None, None))
            rows.append([inference_label(task, preset, streams), number(theirs["float32"]), number(theirs["int8"]),
                         judge.at_least(ratio(ours["float32"], theirs["float32"]), single),
                         judge.at_least(ratio(ours["int8"], theirs["int8"]), small),
                         judge.at_least(ratio(ours["bfloat16"], ours["float32"]),
                                        targets.BFLOAT16_INFERENCE.get((task, streams)))])
    return rows and table(["tokens/s", "ONNX Runtime float32", "ONNX Runtime int8", "mynah ÷ ONNX, float32",
                           "mynah ÷ ONNX, int8", "mynah bfloat16 ÷ float32"], rows)


def start_table(samples, judge):
    rows = []
    for case in samples.cases("start"):
        target = next((bound for name, bound in targets.START.items() if case.startswith(name)), None)
        rows.append([case, judge.at_most(samples.median("milliseconds", section="start", case=case), target)])
    return rows and table(["", "ms"], rows)


def summary(samples, about):
    """The few figures that README.md shows."""
    rows = []
    for preset in samples.cases("train"):
        single, half, (single_peer, single_name), (peer, name) = train_speeds(samples, preset)
        rows.append([f"training {preset}, float32", number(single), number(single_peer), single_name or "–",
                     number(ratio(single, single_peer))])
        if half:
            rows.append([f"training {preset}, bfloat16", number(half), number(peer), name or "–",
                         number(ratio(half, peer))])
    for task, streams in inference.TASKS:
        for preset in samples.cases(task):
            ours, *theirs = inference_speeds(samples, task, preset, streams)
            best = max(((v, p) for p, v in ours.items() if v), default=(None, None))
            best_peer = max(((v, f"{engine} {p}")
                             for engine, speeds in zip(inference.PEERS, theirs) for p, v in speeds.items() if v),
                            default=(None, None))
            if best[0] is None and best_peer[0] is None:
                continue
            label = {"generate": "generating", "score": "scoring"}[task]
            rows.append([inference_label(label, preset, streams) + (f", {best[1]}" if best[1] else ""),
                         number(best[0]), number(best_peer[0]),
                         best_peer[1] or "–", number(ratio(best[0], best_peer[0]))])
    if not rows:
        return None
    place = f"{about.machine['cpu']}, 2 threads, mynah at {about.commit}"
    return (table(["tokens per second", "mynah", "fastest peer", "which", "ratio"], rows)
            + f"\n\nOn {place}, {about.date[:10]}.")
