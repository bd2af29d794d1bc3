"""The cache: interruptions, runs side by side, what a key is made of. SPDX-License-Identifier: GPL-2.0-or-later"""

import multiprocessing
import os
import time
import unittest

from support import Case

import cache as cache_module
from cache import Cache


def build_slowly(root, key, log):
    def build(work):
        with open(log, "a") as file:
            file.write("built\n")
        (work / "a").write_text("1")
        time.sleep(0.3)
        (work / "b").write_text("2")
    entry = Cache(root).entry("kind", key, build)
    os._exit(0 if sorted(p.name for p in entry.iterdir()) == ["a", "b"] else 1)


class Entries(Case):
    def setUp(self):
        super().setUp()
        self.cache = Cache(self.dir / "cache")

    def fill(self, work):
        (work / "file").write_text("content")

    def fail(self, work):
        (work / "half").write_text("")
        raise KeyboardInterrupt

    def test_built_once(self):
        first = self.cache.entry("kind", "key", self.fill)
        self.assertEqual(self.cache.entry("kind", "key", self.fail), first)
        self.assertEqual((first / "file").read_text(), "content")

    def test_an_interrupted_build_leaves_no_entry_and_the_next_one_starts_clean(self):
        with self.assertRaises(KeyboardInterrupt):
            self.cache.entry("kind", "key", self.fail)
        self.assertIsNone(self.cache.find("kind", "key"))
        entry = self.cache.entry("kind", "key", self.fill)
        self.assertEqual([p.name for p in entry.iterdir()], ["file"])

    def test_an_interrupted_build_is_taken_up_where_asked(self):
        work = self.dir / "objects"
        with self.assertRaises(KeyboardInterrupt):
            self.cache.entry("kind", "key", self.fail, resume=work)
        entry = self.cache.entry("kind", "key", self.fill, resume=work)
        self.assertEqual(sorted(p.name for p in entry.iterdir()), ["file", "half"])

    def test_in_place_an_entry_without_its_marker_is_made_anew(self):
        with self.assertRaises(KeyboardInterrupt):
            self.cache.entry_in_place("kind", "key", self.fail)
        entry = self.cache.entry_in_place("kind", "key", self.fill)
        self.assertEqual(sorted(p.name for p in entry.iterdir()), [".complete", "file"])
        self.assertEqual(self.cache.entry_in_place("kind", "key", self.fail), entry)

    def test_runs_side_by_side_build_once_and_all_see_a_whole_entry(self):
        log = self.dir / "log"
        runs = [multiprocessing.Process(target=build_slowly, args=(self.cache.root, "key", log)) for _ in range(4)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        self.assertEqual([run.exitcode for run in runs], [0] * 4)
        self.assertEqual(log.read_text(), "built\n")

    def test_a_killed_run_does_not_block_the_next(self):
        run = multiprocessing.Process(target=build_slowly, args=(self.cache.root, "key", self.dir / "log"))
        run.start()
        while not (self.dir / "log").exists():
            time.sleep(0.01)
        run.kill()
        run.join()
        self.assertTrue((self.cache.entry("kind", "key", self.fill) / "file").exists())

    def test_another_run_is_waited_for_with_a_word(self):
        said = []
        waiting = Cache(self.cache.root, say=said.append)
        run = multiprocessing.Process(target=build_slowly, args=(self.cache.root, "key", self.dir / "log"))
        run.start()
        while not (self.dir / "log").exists():
            time.sleep(0.01)
        waiting.entry("kind", "key", self.fail)
        run.join()
        self.assertIn("waiting for another run", said[0])


class Keys(Case):
    def test_content_names_and_execute_bits_decide(self):
        def tree(**files):
            for name, text in files.items():
                (self.dir / name).write_text(text)
            return cache_module.tree_digest(self.dir, ["a", "b"])
        first = tree(a="1", b="2")
        self.assertEqual(tree(a="1", b="2"), first)
        self.assertNotEqual(tree(a="1", b="3"), first)
        self.assertEqual(tree(b="2"), first)
        (self.dir / "b").rename(self.dir / "c")
        self.assertNotEqual(tree(), first)

    def test_parts_do_not_run_together(self):
        self.assertNotEqual(cache_module.digest("ab", "c"), cache_module.digest("a", "bc"))
        self.assertNotEqual(cache_module.digest(["a"], "b"), cache_module.digest("a", ["b"]))

    def test_a_remembered_value_is_asked_anew_when_the_file_changes(self):
        cache, asked = Cache(self.dir / "cache"), []
        file = self.dir / "file"

        def ask(path):
            asked.append(path)
            return len(asked)
        file.write_text("1")
        self.assertEqual([cache.remember("kind", file, ask) for _ in range(3)], [1, 1, 1])
        file.write_text("22")
        self.assertEqual(cache.remember("kind", file, ask), 2)

    def test_a_damaged_memory_is_no_harm(self):
        cache, file = Cache(self.dir / "cache"), self.dir / "file"
        file.write_text("1")
        cache.remember("kind", file, lambda path: 1)
        for memo in (cache.root / "memo").iterdir():
            memo.write_text("{")
        self.assertEqual(cache.remember("kind", file, lambda path: 2), 2)


if __name__ == "__main__":
    unittest.main()
