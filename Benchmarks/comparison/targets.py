"""The targets; a ratio should be at least its target, a time at most its target."""

# mynah's speed divided by the peer's
GEMM = 0.95
RECURRENT = 1.0
BFLOAT16_GEMM = 1.7  # relative to mynah's float32, for products of at least LARGE operations
LARGE = 4e8

# tokens per second divided by the fastest peer's: float32 by float32 peers, bfloat16 by peers of any precision
TRAIN = {
    "ptb": (1.65, 3.0), "brown": (1.5, 2.5), "zaremba-small": (1.7, 1.9), "shakespeare": (1.27, 1.5),
    "zaremba-medium": (1.3, 1.75), "odd sizes": (1.6, None),
}
TRAIN_AVX2 = TRAIN | {"odd sizes": (1.4, None)}
# shares of the float32 peak of multiply-adds, and of the bfloat16 peak, of an instruction set
SHARE_OF_PEAK = {
    "avx512": {"ptb": 0.84, "brown": 0.78, "zaremba-small": 0.75, "shakespeare": 0.88, "zaremba-medium": 0.82},
    "avx2": {"ptb": 0.8, "brown": 0.75, "zaremba-small": 0.7, "shakespeare": 0.84, "zaremba-medium": 0.8},
}
SHARE_OF_PEAK["avx512-bf16"] = SHARE_OF_PEAK["avx512"]
SHARE_OF_BFLOAT16_PEAK = {
    "avx512-bf16": {"ptb": 0.7, "brown": 0.62, "zaremba-small": 0.55, "shakespeare": 0.74, "zaremba-medium": 0.7},
}
SECOND_THREAD = 1.8
MEMORY = 0.33  # the largest share of PyTorch's memory

# tokens per second divided by PyTorch's in float32: best precision at one stream; float32 at 32 streams
INFERENCE = {
    ("generate", "shakespeare", 1): 60, ("generate", "ptb", 1): 50, ("generate", "zaremba-medium", 1): 50,
    ("generate", "shakespeare", 32): 3,
    ("score", "shakespeare", 1): 4, ("score", "ptb", 1): 3, ("score", "zaremba-medium", 1): 3.5,
}
INFERENCE_AVX512 = INFERENCE | {
    ("generate", "shakespeare", 1): 120, ("generate", "ptb", 1): 50, ("generate", "zaremba-medium", 1): 65,
}

# tokens per second divided by ONNX Runtime's in the same precision: float32, int8
ONNX = {
    ("generate", "shakespeare", 1): (3, 3), ("generate", "ptb", 1): (2.5, 6), ("generate", "zaremba-medium", 1): (2, 9),
    ("generate", "shakespeare", 32): (2.2, 2), ("generate", "ptb", 32): (1.3, 2),
    ("generate", "zaremba-medium", 32): (1.5, 3),
    ("score", "shakespeare", 1): (1.6, 1.8), ("score", "ptb", 1): (1.5, 2.2),
    ("score", "zaremba-medium", 1): (1.4, 2.5),
}
ONNX_AVX2 = {
    ("generate", "shakespeare", 1): (2, None), ("generate", "ptb", 1): (2, None),
    ("generate", "zaremba-medium", 1): (1.5, None),
    ("generate", "shakespeare", 32): (1.5, None), ("generate", "ptb", 32): (1.2, None),
    ("generate", "zaremba-medium", 32): (1.2, None),
    ("score", "shakespeare", 1): (1.3, None), ("score", "ptb", 1): (1.2, None),
    ("score", "zaremba-medium", 1): (1.2, None),
}
BFLOAT16_INFERENCE = {("generate", 32): 1.6, ("score", 1): 1.6}  # relative to mynah's float32

START = {"mynah --version": 20, "open a model": 60}  # milliseconds, at most


def train(instruction_set):
    return TRAIN_AVX2 if instruction_set == "avx2" else TRAIN


def inference(instruction_set):
    """The targets relative to PyTorch; none for AVX2."""
    return {"avx2": {}, "avx512": INFERENCE_AVX512, "avx512-bf16": INFERENCE_AVX512}.get(instruction_set, INFERENCE)


def onnx(instruction_set):
    return ONNX_AVX2 if instruction_set == "avx2" else ONNX
