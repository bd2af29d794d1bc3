"""The HTML page in a real browser, opened from a file as its readers do. SPDX-License-Identifier: GPL-2.0-or-later"""

import unittest
from urllib.parse import quote

from support import Case

import browser
import reports
from matrixdata import DART, GART, cell, expected, plain

SHOWN_ROWS = """return [...document.querySelectorAll('#matrix th.name[title]')]
    .filter((head) => head.offsetParent).map((head) => head.title)"""
HITS = """return [...document.querySelectorAll('#matrix a[data-cell]:not(.miss)')]
    .filter((link) => link.offsetParent).map((link) => decodeURIComponent(link.hash.slice(1)))"""
OVERFLOW = "return document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


class Page(Case):
    phone, script = False, True

    @classmethod
    def setUpClass(cls):
        browser.needed()

    def setUp(self):
        super().setUp()
        self.file = self.dir / "matrix.html"
        self.browser = browser.Browser(self.dir, self.phone, self.script)
        self.addCleanup(self.browser.close)

    def show(self, entries, fragment=""):
        reports.write(entries, html=str(self.file))
        self.browser.open(self.file, fragment)

    def link(self, name):
        return f'#matrix a[href="#{name}"]'

    def filtered(self, cells, of):
        """Waits for the filter's own count, then names the cells that are left."""
        self.browser.until(f"return document.querySelector('#shown').textContent === '{cells} of {of} cells'")
        return self.browser.run(HITS)

    def choose(self, name, value):
        self.browser.click(f'#filters [name={name}] option[value="{value}"]')


class Desktop(Page):
    def test_every_cell_and_its_log_and_nothing_asked_of_a_network(self):
        entries = expected() + [cell("virtio-iommu/default/6.12/64k/pci/nocap/stock/dma"), plain()[-1]]
        self.show(entries)
        logs = self.browser.run("""return Object.fromEntries([...document.querySelectorAll('.body')].map((body) =>
            [body.id, body.querySelector('pre.console').textContent]))""")
        for entry in entries[:-1]:
            self.assertIn(f"Booting Linux for {entry['cell']}", logs[entry["cell"]])
            self.assertIn(entry["verdict"], self.browser.text(self.link(entry["cell"])))
        self.assertEqual(len(logs), len(entries))
        self.assertIn("<script>document.title='owned'</script>", logs[f"{GART}/dma~2"])
        self.assertIn("attach matrix", self.browser.run("return document.title"))
        self.assertEqual(self.browser.messages(), [])
        self.assertEqual(self.browser.requested(), [self.file.resolve().as_uri()])

    def test_a_click_opens_the_evidence_and_the_log(self):
        self.show(expected())
        name = f"{DART}/vfio"
        self.assertFalse(self.browser.shown(f'[id="{name}"]'))
        self.browser.click(self.link(name))
        said = self.browser.text(f'[id="{name}"]')
        for words in ("as expected", "vfio_register_group_dev()", "FAIL", "EINVAL said no", "6.12.117",
                      "--api vfio", "soc_iommu.api=vfio quiet'"):
            self.assertIn(words, said)
        self.assertNotIn("Booting", said)
        self.browser.click(f'[id="{name}"] .log > summary')
        self.assertIn(f"Booting Linux for {name}", self.browser.text(f'[id="{name}"] pre.console'))
        self.assertTrue(self.browser.run("return location.href").endswith("#" + name))
        self.browser.click(self.link(f"{DART}/dma"))
        self.assertFalse(self.browser.shown(f'[id="{name}"]'))
        self.browser.click(self.link(f"{DART}/dma"))
        self.assertEqual(self.browser.run("return document.querySelectorAll('#matrix details').length"), 0)
        self.browser.run("history.go(-2)")
        self.browser.until(f"return document.querySelector('#matrix [id=\"{name}\"]')")

    def test_a_link_to_a_cell_opens_it(self):
        odd = cell("apple-dart/variant=t6000,page-size=16k/6.12/16k/pci/nocap/cache-coherency+unsafe/dma")
        for fragment in (odd["cell"], quote(odd["cell"], safe="")):
            self.show(expected() + [odd], "#" + fragment)
            self.assertIn("page-size=16k", self.browser.text(f'[id="{odd["cell"]}"]'))
        # From the list of differences, to a row that a filter hides.
        self.choose("iommu", "apple-dart")
        self.filtered(4, 9)
        self.browser.click(f'.differences a[href="#{GART}/direct"]')
        self.assertTrue(self.browser.shown(f'[id="{GART}/direct"]'))

    def test_filters(self):
        self.show(expected())
        self.assertEqual(self.browser.run(SHOWN_ROWS), [DART, GART])
        self.choose("kernel", "6.1")
        self.assertEqual(self.filtered(5, 8)[0], f"{GART}/dma")
        self.assertEqual(self.browser.run(SHOWN_ROWS), [GART])
        self.choose("verdict", "refused")
        self.assertEqual(self.filtered(1, 8), [f"{GART}/vfio"])
        self.choose("kernel", "")
        self.assertEqual(self.filtered(2, 8), [f"{DART}/vfio", f"{GART}/vfio"])
        self.browser.click("#filters [name=differs]")
        self.assertEqual(self.filtered(1, 8), [f"{GART}/vfio"])
        self.browser.click("#filters button[type=reset]")
        self.browser.until("return document.querySelector('#shown').textContent === '8 cells'")
        self.choose("iommu", "apple-dart")
        self.filtered(3, 8)
        self.assertEqual(self.browser.run(SHOWN_ROWS), [DART])
        self.assertFalse(self.browser.shown("tbody[hidden] tr.iommu"))

    def test_text_is_sought_in_everything_and_in_logs_when_asked(self):
        self.show(expected())
        self.browser.type("#filters [name=text]", "eperm TEGRA")
        self.assertEqual(self.filtered(1, 8), [f"{GART}/vfio"])
        self.browser.click("#filters button[type=reset]")
        self.browser.type("#filters [name=text]", "vfio_register_group")
        self.assertEqual(self.filtered(2, 8), [f"{DART}/vfio", f"{DART}/compat"])
        self.browser.click("#filters button[type=reset]")
        self.browser.type("#filters [name=text]", "booting gart")
        self.assertEqual(self.filtered(0, 8), [])
        self.browser.click("#filters [name=logs]")
        self.assertEqual(len(self.filtered(5, 8)), 5)

    def test_the_copy_button_gives_the_exact_line(self):
        self.show(expected(), f"#{DART}/vfio")
        selector = f'[id="{DART}/vfio"] .copied:last-of-type button'
        self.browser.click(selector)
        self.browser.until(f"return document.querySelector('{selector}').textContent === 'Copied'")
        self.browser.type("#filters [name=text]", browser.CONTROL + "v")
        self.assertEqual(self.browser.run("return document.querySelector('#filters [name=text]').value"),
                         expected()[1]["qemu_args"])

    def test_by_keyboard(self):
        self.show(expected())
        selector = self.link(f"{DART}/vfio")
        self.browser.type(selector, browser.ENTER)
        self.assertTrue(self.browser.shown(f'[id="{DART}/vfio"]'))
        self.assertEqual(self.browser.run(f"return document.querySelector('{selector}').ariaExpanded"), "true")
        self.browser.type('#matrix details.cell .log > summary', browser.ENTER)
        self.assertTrue(self.browser.shown(f'[id="{DART}/vfio"] pre.console'))
        self.browser.type('#matrix details.cell .log > summary', browser.ESCAPE)
        self.assertFalse(self.browser.shown(f'[id="{DART}/vfio"]'))
        self.assertTrue(self.browser.run(f"return document.activeElement === document.querySelector('{selector}')"))

    def test_colours_can_be_told_from_their_ground(self):
        ratio = """const light = (text) => { const part = text.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255)
                .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
              return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]; };
            return [...document.querySelectorAll('#matrix td a')].map((link) => { const style = getComputedStyle(link);
              const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
              return (a + 0.05) / (b + 0.05); })"""
        self.show(plain())
        grounds = []
        for scheme in ("light", "dark"):
            self.browser.emulate(prefers_color_scheme=scheme)
            self.assertGreater(min(self.browser.run(ratio)), 4.5, scheme)
            grounds.append(self.browser.run("return getComputedStyle(document.body).backgroundColor"))
        self.assertNotEqual(*grounds)

    def test_no_window_needs_scrolling_sideways(self):
        apis = ("dma", "direct", "vfio", "compat", "iommufd", "current", "aperture", "sva", "dirty")
        for many, entries in ((False, expected()),
                              (True, [cell(f"{DART}/{api}", "refused", "attach", "EOPNOTSUPP") for api in apis])):
            self.show(entries)
            for width in (700, 1000, 1200, 1230, 1500):
                self.browser.resize(width)
                self.assertEqual(self.browser.run(OVERFLOW), 0, width)
            style = self.browser.run("return getComputedStyle(document.querySelector('#box')).overflowX")
            self.assertEqual(style, "auto" if many else "visible")


class Phone(Page):
    phone = True

    def test_the_page_is_as_wide_as_the_phone_and_the_table_scrolls_in_its_box(self):
        long = cell("soc-smmuv3/" + ",".join(f"option-{number}=value" for number in range(9))
                    + "/6.12/16k/platform/nocap/cache-coherency+unsafe/iommufd", "broken", "isolation", "EOPNOTSUPP",
                    reason="x" * 300, kernel_warnings=["WARNING: " + "y" * 300], console="z" * 3000)
        self.show(expected() + [long])
        self.assertEqual(self.browser.run("return innerWidth"), 360)
        self.assertEqual(self.browser.run(OVERFLOW), 0)
        self.assertGreater(self.browser.run("const box = document.querySelector('#box'); "
                                            "return box.scrollWidth - box.clientWidth"), 100)
        self.browser.click(self.link(long["cell"]))
        self.browser.click("#matrix details.cell .log > summary")
        self.assertTrue(self.browser.shown("#matrix pre.console"))
        self.assertEqual(self.browser.run(OVERFLOW), 0)
        left, right = self.browser.run("const pane = document.querySelector('.pane').getBoundingClientRect(); "
                                       "return [pane.left, pane.right]")
        self.assertGreaterEqual(left, 0)
        self.assertLessEqual(right, 360)
        self.assertGreater(right - left, 300)


class WithoutScript(Page):
    script = False

    def test_the_table_the_verdicts_and_the_sections_are_there(self):
        self.show(expected(), f"#{DART}/vfio")
        self.assertIn("refused", self.browser.text(self.link(f"{DART}/vfio")))
        self.assertFalse(self.browser.shown("#filters"))
        self.assertTrue(self.browser.shown(f'#cells [id="{DART}/vfio"]'))  # opened by the address alone
        self.browser.click(f'details[data-for="{GART}/direct"] > summary')
        self.browser.click(f'[id="{GART}/direct"] .log > summary')
        self.assertIn(f"Booting Linux for {GART}/direct", self.browser.text(f'[id="{GART}/direct"] pre.console'))


if __name__ == "__main__":
    unittest.main()
