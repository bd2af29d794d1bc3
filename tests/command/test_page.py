"""The HTML page as text: safe, whole, and in need of nothing else. SPDX-License-Identifier: GPL-2.0-or-later"""

import json
import re
import unittest
from html.parser import HTMLParser

import support  # noqa: F401, for the path

from matrixdata import DART, GART, NASTY, WHY, cell, expected, plain
from reports import page


class Parsed(HTMLParser):
    """Elements, texts by the id of the element they are in, and what is open at the end."""

    VOID = {"meta", "input", "link", "br", "img", "hr"}

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attributes).get("id")))

    def handle_endtag(self, tag):
        assert self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1]}"
        self.open.pop()

    def handle_data(self, data):
        for _, name in self.open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data


class Page(unittest.TestCase):
    def setUp(self):
        self.html = page.render(expected() + plain()[2:])
        self.page = Parsed(self.html)

    def test_every_element_is_closed_and_every_name_comes_once(self):
        self.assertEqual(self.page.open, [])
        names = [attributes["id"] for _, attributes in self.page.elements if "id" in attributes]
        self.assertEqual(len(names), len(set(names)))

    def test_every_cell_is_in_the_table_and_has_a_section_with_its_log(self):
        links = [attributes["href"] for tag, attributes in self.page.elements
                 if tag == "a" and "data-cell" in attributes]
        self.assertEqual(len(links), 11)
        for entry in expected():
            self.assertIn("#" + entry["cell"], links)
            self.assertIn(f"Booting Linux for {entry['cell']}", self.page.texts[entry["cell"]])
            self.assertIn(entry["qemu_args"], self.page.texts[entry["cell"]])
        self.assertIn(f"{GART}/dma~2", self.page.texts)  # came twice

    def test_the_table_has_a_row_a_cell_without_its_api(self):
        rows = re.findall(r'<th scope="row" class="name" title="([^"]+)"', self.html)
        self.assertEqual(rows, [DART, GART])
        self.assertIn("broken", self.page.texts["matrix"])
        self.assertIn("≠ expected refused", self.page.texts["matrix"])
        self.assertIn("≠ no expectation", self.page.texts["matrix"])

    def test_an_expectation_is_shown_with_its_reason(self):
        self.assertIn(WHY, self.page.texts[f"{DART}/vfio"])
        self.assertIn("as expected", self.page.texts[f"{DART}/vfio"])
        self.assertIn("differs: expected refused at bind, EINVAL", self.page.texts[f"{DART}/compat"])

    def test_what_a_guest_prints_stays_text(self):
        scripts = [attributes for tag, attributes in self.page.elements if tag == "script"]
        self.assertEqual(scripts, [{"type": "application/json", "id": "data"}, {}])
        self.assertNotIn("img", [tag for tag, _ in self.page.elements])
        self.assertIn(NASTY[:20], self.page.texts[f"{GART}/dma~2"])
        self.html.encode("utf-8")  # no half of a surrogate pair is left

    def test_nasty_words_in_every_field(self):
        entry = {name: NASTY if isinstance(value, str) and name != "verdict" else value
                 for name, value in cell(f"{DART}/dma").items()} | {"kernel_warnings": [NASTY], "at": NASTY}
        entry["steps"][0].update(step=NASTY, errno=NASTY, detail=NASTY)
        text = page.render([entry | {"expected": {"verdict": NASTY, "at": NASTY, "errno": None, "reason": NASTY}}])
        parsed = Parsed(text)
        self.assertEqual(parsed.open, [])
        self.assertNotIn("img", [tag for tag, _ in parsed.elements])
        self.assertEqual(len([tag for tag, _ in parsed.elements if tag == "script"]), 2)
        self.assertEqual(json.loads(parsed.texts["data"])[0]["cell"], NASTY)

    def test_nothing_is_loaded_from_elsewhere(self):
        for tag, attributes in self.page.elements:
            self.assertNotIn(tag, ("link", "img", "iframe", "object", "base"))
            self.assertNotIn("src", attributes)
            self.assertNotIn("style", attributes)
            self.assertTrue(attributes.get("href", "#").startswith("#"))
        self.assertNotRegex(self.html.split("<body>")[0], r"url\(|@import|https?:")
        self.assertIn("default-src 'none'", self.html)

    def test_what_was_measured_with(self):
        text = re.sub(r"<[^>]*>", "", self.html.split("<body>")[1].split("<form")[0])
        self.assertIn("11 cells, QEMU 7.2.22; Linux 6.12.117, 6.1.170; 14 s in guests", text)
        self.assertIn("≠ 5 of 11 cells differ from the expectations", text)

    def test_the_json_of_attach_needs_none_of_the_matrix_s_keys(self):
        entries = [{name: value for name, value in entry.items() if name not in
                    ("console", "qemu_args", "reason", "expected", "differs")} for entry in plain()]
        text = page.render(entries)
        self.assertEqual(Parsed(text).open, [])
        self.assertIn("The console log is not part of this data", text)
        self.assertNotIn("only differences", text)
        self.assertNotIn("expectations</h2>", text)

    def test_the_same_every_time(self):
        self.assertEqual(self.html, page.render(expected() + plain()[2:]))

    def test_no_cell(self):
        self.assertEqual(Parsed(page.render([])).open, [])


if __name__ == "__main__":
    unittest.main()
