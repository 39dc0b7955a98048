import unittest

from .. import tables


class TableTests(unittest.TestCase):
    def test_columns_are_aligned_and_all_but_the_first_stand_to_the_right(self):
        self.assertEqual(tables.table(["case", "ms"], [["a", 1], ["longer", "2.50"]]), "\n".join([
            "| case   |   ms |",
            "| ------ | ---: |",
            "| a      |    1 |",
            "| longer | 2.50 |",
        ]))

    def test_numbers_have_three_significant_digits_and_all_before_the_point(self):
        for value, text in ((None, "–"), (0, "0"), (0.01234, "0.0123"), (1.005, "1.00"), (12.34, "12.3"),
                            (1234567.8, "1,234,568")):
            self.assertEqual(tables.number(value), text)

    def test_a_judge_counts_targets_and_marks_those_that_are_missed(self):
        judge = tables.Judge()
        self.assertEqual(judge.at_least(1.7, 1.65), "1.70 (≥ 1.65)")
        self.assertEqual(judge.at_least(1.6, 1.65), "1.60 (≥ 1.65, missed)")
        self.assertEqual(judge.at_most(0.3, 0.35), "0.300 (≤ 0.35)")
        self.assertEqual(judge.at_most(0.4, 0.35), "0.400 (≤ 0.35, missed)")
        self.assertEqual(judge.at_least(None, 1), "–")
        self.assertEqual(judge.at_least(2, None), "2.00")
        self.assertEqual((judge.met, judge.missed), (2, 2))

    def test_without_targets_nothing_is_judged(self):
        judge = tables.Judge(has_targets=False)
        self.assertEqual(judge.at_least(1, 2), "1.00")
        self.assertEqual(judge.met + judge.missed, 0)


class MarkTests(unittest.TestCase):
    page = "top\n<!-- compare a: begin -->\nold\nlines\n<!-- compare a: end -->\nbottom\n"

    def test_what_stands_between_the_marks_is_replaced(self):
        expected = "top\n<!-- compare a: begin -->\nnew\n<!-- compare a: end -->\nbottom\n"
        self.assertEqual(tables.put(self.page, "a", "new"), expected)
        self.assertEqual(tables.put(expected, "a", "new"), expected)

    def test_a_page_without_the_marks_stays(self):
        self.assertEqual(tables.put(self.page, "b", "new"), self.page)

    def test_a_mark_that_is_not_closed_is_refused(self):
        with self.assertRaises(ValueError):
            tables.put("<!-- compare a: begin -->\nold\n", "a", "new")
