import unittest

from .. import quiet

STATISTICS = "cpu  100 10 50 9999 7 3 2 5 80 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"


class QuietTests(unittest.TestCase):
    def test_work_is_all_that_is_neither_idle_nor_waiting(self):
        self.assertEqual(quiet.busy_seconds(STATISTICS, 10), 17)

    def test_other_texts_tell_nothing(self):
        self.assertIsNone(quiet.busy_seconds("", 100))
        self.assertIsNone(quiet.busy_seconds("intr 1 2 3\n", 100))

    def test_what_matters_is_whether_two_cores_are_left(self):
        self.assertFalse(quiet.is_disturbed(0.1, 2))
        self.assertTrue(quiet.is_disturbed(0.5, 2))
        self.assertFalse(quiet.is_disturbed(5, 8))
        self.assertTrue(quiet.is_disturbed(7, 8))
        self.assertFalse(quiet.is_disturbed(0.1, 1))
