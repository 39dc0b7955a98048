import dataclasses
import unittest

from .. import report
from ..samples import About, Sample, Samples
from ..tables import Judge

ABOUT = About(
    machine={"cpu": "A CPU", "cores": 2}, instructionSet="plain", commit="abc", date="2026-01-02T", swift="Swift 6",
    rounds=1, isDisturbed=False, engines={"PyTorch": "PyTorch 2"}, notes=["something was missing"])


def train(engine, precision, threads, tokens, **more):
    return Sample("train", "ptb", engine, precision, threads, {"milliseconds": 1e3, "tokensPerSecond": tokens, **more})


def generate(engine, precision, streams, tokens):
    return Sample("generate", "shakespeare", engine, precision, 2, {"tokensPerSecond": tokens}, streams)


def gemm(section, engine, gigaflops, precision="float32", product="64x4096x1024/nn"):
    return Sample(section, product, engine, precision, 2, {"gigaflops": gigaflops})


def cells(text, start):
    line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


class ReportTests(unittest.TestCase):
    def test_nothing_measured_makes_no_blocks(self):
        self.assertEqual(report.blocks(Samples(), ABOUT, Judge()), {})

    def test_training_is_held_against_the_fastest_peer_of_the_precision_and_of_all(self):
        samples = Samples([
            train("mynah", "float32", 2, 200, peakMiB=50, shareOfPeak=0.9), train("mynah", "float32", 1, 100),
            train("mynah", "bfloat16", 2, 300, shareOfBfloat16Peak=0.6),
            train("PyTorch", "float32", 2, 80, peakMiB=200), train("PyTorch", "bfloat16", 2, 120),
            train("Keras XLA", "float32", 2, 100)])
        blocks = report.blocks(samples, ABOUT, Judge())
        self.assertEqual(cells(blocks["train-ratios"], "ptb"), [
            "ptb", "2.00 (≥ 1.65)", "Keras XLA float32", "2.50 (≥ 3, missed)", "PyTorch bfloat16", "0.250 (≤ 0.33)",
            "2.00 (≥ 1.8)", "0.900", "0.600"])
        self.assertEqual(cells(blocks["summary"], "training ptb, bfloat16"), [
            "training ptb, bfloat16", "300", "120", "PyTorch bfloat16", "2.50"])
        self.assertIn("something was missing", blocks["machine"])

    def test_a_set_that_was_named_has_its_own_tables_and_targets(self):
        samples = Samples([
            train("mynah", "float32", 2, 200, shareOfPeak=0.83),
            train("mynah", "bfloat16", 2, 300, shareOfBfloat16Peak=0.71)])
        about = dataclasses.replace(ABOUT, instructionSet="avx512-bf16", isChosen=True)
        blocks = report.blocks(samples, about, Judge())
        self.assertEqual(list(blocks), ["machine avx512-bf16", "train avx512-bf16", "train-ratios avx512-bf16"])
        self.assertEqual(cells(blocks["train-ratios avx512-bf16"], "ptb")[-2:], [
            "0.830 (≥ 0.84, missed)", "0.710 (≥ 0.7)"])

    def test_one_stream_is_held_in_the_best_precision_and_many_in_float32(self):
        samples = Samples([
            generate("mynah", "float32", 1, 1000), generate("mynah", "int8", 1, 7000),
            generate("PyTorch", "float32", 1, 100), generate("PyTorch", "int8", 1, 350),
            generate("mynah", "float32", 32, 400), generate("mynah", "int8", 32, 900),
            generate("PyTorch", "float32", 32, 100)])
        table = report.blocks(samples, ABOUT, Judge())["inference"]
        self.assertEqual(cells(table, "generate shakespeare, 1 ")[-2:], ["70.0 (≥ 60)", "20.0"])
        self.assertEqual(cells(table, "generate shakespeare, 32 ")[-2:], ["4.00 (≥ 3)", "9.00"])

    def test_each_precision_is_held_against_the_same_of_onnx_runtime(self):
        samples = Samples([
            generate("mynah", "float32", 1, 1000), generate("mynah", "int8", 1, 7000),
            generate("mynah", "bfloat16", 1, 1700), generate("ONNX Runtime", "float32", 1, 500),
            generate("ONNX Runtime", "int8", 1, 2000), generate("PyTorch", "float32", 1, 100)])
        blocks = report.blocks(samples, ABOUT, Judge())
        self.assertEqual(cells(blocks["onnx"], "generate shakespeare, 1 ")[1:], [
            "500", "2,000", "2.00 (≥ 3, missed)", "3.50 (≥ 3)", "1.70"])
        self.assertEqual(cells(blocks["summary"], "generating shakespeare")[1:], [
            "7,000", "2,000", "ONNX Runtime int8", "3.50"])

    def test_a_recurrent_product_has_weights_that_were_packed_before_in_both_precisions(self):
        samples = Samples([gemm("gemm", "mynah", 150), gemm("recurrent", "mynah", 210), gemm("gemm", "oneDNN", 200),
                           gemm("gemm", "mynah", 300, "bfloat16"), gemm("recurrent", "mynah", 420, "bfloat16")])
        row = cells(report.blocks(samples, ABOUT, Judge())["gemm"], "64x")
        self.assertEqual(row[0], "64x4096x1024/nn recurrent")
        self.assertEqual(row[5:9], ["210", "200", "–", "1.05 (≥ 1)"])
        self.assertEqual(row[9:], ["420", "2.00 (≥ 1.7)"])

    def test_small_products_have_no_target_in_bfloat16(self):
        samples = Samples([gemm("gemm", "mynah", 100, product="1x8x8/nn"),
                           gemm("gemm", "mynah", 100, "bfloat16", "1x8x8/nn")])
        self.assertEqual(cells(report.blocks(samples, ABOUT, Judge())["gemm"], "1x8x8")[-1], "1.00")
