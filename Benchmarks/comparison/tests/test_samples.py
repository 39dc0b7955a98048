import unittest

from ..samples import Sample, Samples, ratio


def sample(value, engine="mynah", precision="float32", case="ptb"):
    return Sample("train", case, engine, precision, 2, {"tokensPerSecond": value})


class SamplesTests(unittest.TestCase):
    def test_the_median_is_over_the_rounds_of_one_engine_and_precision(self):
        samples = Samples([sample(1), sample(9), sample(2), sample(100, engine="PyTorch"),
                           sample(50, precision="bfloat16")])
        self.assertEqual(samples.median("tokensPerSecond", engine="mynah", precision="float32"), 2)

    def test_what_was_not_measured_has_no_median(self):
        self.assertIsNone(Samples().median("tokensPerSecond"))
        self.assertIsNone(Samples([sample(None)]).median("tokensPerSecond"))
        self.assertIsNone(Samples([sample(1)]).median("milliseconds"))

    def test_the_best_is_chosen_by_medians_not_by_single_rounds(self):
        samples = Samples([sample(v, engine="PyTorch") for v in (3, 3, 90)]
                          + [sample(v, engine="Keras") for v in (4, 4, 4)])
        self.assertEqual(samples.best("tokensPerSecond", ("PyTorch", "Keras", "Keras XLA"), ("float32",)),
                         (4, "Keras float32"))
        self.assertEqual(samples.best("tokensPerSecond", ("OpenBLAS",), ("float32",)), (None, None))

    def test_cases_keep_the_order_in_which_they_were_measured(self):
        self.assertEqual(Samples([sample(1, case="b"), sample(1, case="a"), sample(1, case="b")]).cases("train"),
                         ["b", "a"])

    def test_a_ratio_needs_both_figures(self):
        self.assertEqual(ratio(3, 2), 1.5)
        self.assertIsNone(ratio(None, 2))
        self.assertIsNone(ratio(3, None))
        self.assertIsNone(ratio(3, 0))
