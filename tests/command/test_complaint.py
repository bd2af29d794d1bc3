"""Which function the kernel complains of. SPDX-License-Identifier: GPL-2.0-or-later

consoles/ has what kernels said of a module with defects on purpose (toy_…(), called from defects_init()), registers and
the callers of module_init() left out; and two real guests: omap-iommu's attach under 6.1, and the apple-dart driver of
tests/guest/patches/6.12/apple-dart-sleep-and-use-after-free.patch under 6.12-debug.
"""

import time
import unittest

from support import ROOT

import complaint
import protocol

CONSOLES = ROOT / "tests" / "command" / "consoles"


def said(name: str) -> list[str]:
    """What becomes of a console in kernel_warnings."""
    return [event.text for event in protocol.parse((CONSOLES / f"{name}.log").read_bytes())]


class Consoles(unittest.TestCase):
    def check(self, name, *texts):
        with self.subTest(name=name):
            found = said(name)
            self.assertEqual(len(found), len(texts), found)
            for line, (begin, end) in zip(found, texts):
                self.assertTrue(line.startswith(begin), line)
                self.assertTrue(line.endswith(end), line)

    def test_a_corrupt_list_names_who_used_it(self):
        self.check("6.12-arm64-list-del", ("list_del corruption, ", "; in toy_detach() [defects]"),
                   ("WARNING: CPU: 0 PID: 29 at lib/list_debug.c:56", "0xec; in toy_detach() [defects]"))
        self.check("6.12-arm64-list-add", ("list_add double add: ", "; in toy_attach() [defects]"),
                   ("WARNING: CPU: 0 PID: 30 at lib/list_debug.c:35", "0xc4; in toy_attach() [defects]"))

    def test_a_count_names_who_dropped_it(self):
        self.check("6.12-arm64-refcount", ("refcount_t: decrement hit 0", "; in toy_put() [defects]"),
                   ("WARNING: CPU: 0 PID: 31 at lib/refcount.c:31", "; in toy_put() [defects]"))

    def test_sleep_in_the_wrong_place_names_who_asked_for_it(self):
        self.check("6.12-arm64-sleep-mutex",
                   ("BUG: sleeping function called from invalid context at kernel/locking/mutex.c:283; in ",
                    "; in toy_map_atomic() [defects]"))
        # The complaint that follows has a trace of its own, and a function in its text.
        self.check("6.12-arm64-schedule", ("BUG: scheduling while atomic: ", "; in toy_sleep_atomic() [defects]"),
                   ("WARNING: CPU: 0 PID: 32 at init/main.c:1253", " do_one_initcall+0x104/0x160"))

    def test_a_trace_of_32_bit_arm_has_no_heading(self):
        self.check("6.1-arm-sleep-resume",
                   ("BUG: sleeping function called from invalid context at drivers/base/power/runtime.c:1163; in ",
                    "; in omap_iommu_attach_dev()"))

    def test_a_use_after_free_names_who_freed(self):
        self.check("6.12-arm64-kasan-free", ("BUG: KASAN: slab-use-after-free in apple_dart_domain_free+0x38/0x50; ",
                                             "; freed in apple_dart_domain_free()"))

    def test_an_oops_names_where_it_happened(self):
        self.check("6.12-arm64-null", ("Unable to handle kernel NULL pointer", "; in toy_flush_tlb() [defects]"),
                   ("Internal error: Oops: ", "; in toy_flush_tlb() [defects]"))


class Rules(unittest.TestCase):
    def test_a_function_in_the_text_is_enough(self):
        text = "WARNING: CPU: 0 PID: 56 at drivers/iommu/iommu.c:3013 iommu_setup_default_domain+0x1b8/0x4a0"
        self.assertEqual(complaint.about(text, ["Call trace:", " other+0x10/0x20"]), text)

    def test_a_report_without_a_trace_stays_as_it_is(self):
        text = "BUG: workqueue lockup - pool cpus=0"
        for lines in ([], ["noise"], ["Call trace:"], ["Call trace:", " dump_stack+0x10/0x20", " kfree+0x1/0x2"]):
            self.assertEqual(complaint.about(text, lines), text)

    def test_what_belongs_to_the_next_step_is_not_searched(self):
        trace = ["Call trace:", " foo+0x10/0x20"]
        for end in ("---[ end trace 0000000000000000 ]---", "# soc-iommu begin vfio 1 map", "ok 3 - vfio 1 map",
                    "not ok 3 - vfio 1 map"):
            self.assertEqual(complaint.about("BUG: odd", [end, *trace]), "BUG: odd")
        self.assertEqual(complaint.about("BUG: odd", trace), "BUG: odd; in foo()")
        self.assertEqual(complaint.about("BUG: odd", ["x"] * 1000 + trace), "BUG: odd")

    def test_drivers_are_no_helpers(self):
        for name in ("apple_dart_domain_free", "omap_iommu_attach_dev", "debug_read_tlb", "__msm_iommu_unmap",
                     "mtk_iommu_v1_map", "gart_iommu_detach_dev", "tegra_smmu_domain_free", "free_io_pgtable_ops",
                     "report_iommu_fault", "pamu_av_isr", "sprd_iommu_unmap", "iommu_detach_device", "update_dev_ppaact"):
            self.assertFalse(complaint.is_helper(name), name)
        for name in ("dump_stack_lvl", "__might_resched", "kasan_report", "__asan_report_load4_noabort", "kfree",
                     "_raw_spin_lock_irqsave", "__mutex_lock", "mutex_lock_nested", "down_write", "__kmalloc_noprof",
                     "kmalloc_trace", "kmem_cache_free", "__list_del_entry_valid_or_report", "schedule", "lock_acquire",
                     "warn_slowpath_fmt", "refcount_warn_saturate", "____kasan_slab_free", "memcpy"):
            self.assertTrue(complaint.is_helper(name), name)

    def test_a_kernel_gone_mad_is_not_looked_into_for_ever(self):
        begin = time.process_time()
        found = protocol.parse(b"[    1.0] BUG: odd\n[    1.0] Call trace:\n[    1.0]  foo+0x10/0x20\n" * 20_000)
        self.assertLess(time.process_time() - begin, 10)
        self.assertEqual((len(found), found[0].text, found[-1].text), (20_000, "BUG: odd; in foo()", "BUG: odd"))


if __name__ == "__main__":
    unittest.main()
