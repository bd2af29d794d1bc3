"""The advice on IOMMU_CAP_IOMMUFD and its series. SPDX-License-Identifier: GPL-2.0-or-later"""

import json
import mailbox
import shutil
import subprocess
import unittest
from unittest import mock

from support import ROOT, Case, run_main

import advise
import capseries
import cellfile
import prepare
from cache import Cache
from errors import Failure

DRIVERS = {"soc-smmuv3": "arm-smmu-v3", "qemu-smmuv3": "arm-smmu-v3", "virtio-iommu": "virtio_iommu",
           "apple-dart": "apple-dart", "new-iommu": "new-iommu"}
APIS = ("vfio", "compat", "iommufd")
PATCHES = ROOT / "guest-kernel-config" / "patches"
# As a driver looks that answers for coherency.
SOURCE = """#include <linux/iommu.h>

static bool new_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return true;
	default:
		return false;
	}
}

static const struct iommu_ops new_iommu_ops = {
	.capable	= new_iommu_capable,
};

static struct platform_driver new_iommu_driver = {
	.driver	= {
		.name	= "new-iommu",
	},
};
"""


def cell(iommu, api, gates="stock", verdict="works", at=None, errno=None, cap="cap", master="pci", version="6.12"):
    return {"cell": f"{iommu}/default/{version}/4k/{master}/{cap}/{gates}/{api}", "verdict": verdict, "at": at,
            "errno": errno, "api": api, "kernel": version + ".117", "qemu": "7.2.22"}


def good(*iommus):
    return [cell(iommu, api) for iommu in iommus for api in APIS]


def weigh(*found):
    return {advice.driver: advice for advice in advise.weigh({item["cell"]: item for item in found}, DRIVERS)}


class Rule(unittest.TestCase):
    def test_all_work(self):
        found = weigh(*good("soc-smmuv3", "virtio-iommu"))
        self.assertTrue(found["arm-smmu-v3"].passes)
        self.assertTrue(found["virtio_iommu"].passes)

    def test_one_failing_cell_keeps_a_driver_out_and_is_named(self):
        for verdict, at, errno in (("broken", "stale", None), ("refused", "bind", "EINVAL"), ("error", None, None)):
            bad = cell("qemu-smmuv3", "vfio", verdict=verdict, at=at, errno=errno)
            advice = weigh(*good("soc-smmuv3"), bad)["arm-smmu-v3"]
            with self.subTest(verdict=verdict):
                self.assertFalse(advice.passes)
                self.assertIn(bad["cell"], "\n".join(advise.lines(advice, ["arm-smmu-v3"])))

    def test_every_api_has_to_be_seen_at_work(self):
        advice = weigh(*good("soc-smmuv3")[:2])["arm-smmu-v3"]
        self.assertFalse(advice.passes)
        self.assertIn("iommufd", advise.lines(advice, [])[1])
        unsupported = [cell("soc-smmuv3", api, verdict="unsupported") for api in APIS[1:]]
        self.assertFalse(weigh(cell("soc-smmuv3", "vfio"), *unsupported)["arm-smmu-v3"].passes)

    def test_a_lifted_gate_is_no_evidence(self):
        lifted = [cell("apple-dart", api, "cache-coherency", cap="nocap") for api in APIS]
        advice = weigh(*lifted)["apple-dart"]
        self.assertFalse(advice.passes)
        self.assertIn("3 cells work with a gate lifted", advise.lines(advice, [])[-1])
        # Nor does one that fails behind it speak against a driver that works without.
        broken = cell("soc-smmuv3", "vfio", "cache-coherency", "broken", "dma")
        self.assertTrue(weigh(*good("soc-smmuv3"), broken)["arm-smmu-v3"].passes)

    def test_the_refusal_of_the_series_itself_is_not_held_against_a_driver(self):
        said_no = [cell("new-iommu", api, verdict="refused", at="bind", errno="EOPNOTSUPP") for api in APIS[1:]]
        skipped = [cell("new-iommu", api, cap="nocap") for api in APIS]
        self.assertTrue(weigh(*skipped, *said_no)["new-iommu"].passes)
        self.assertFalse(weigh(skipped[0], *said_no)["new-iommu"].passes)

    def test_unsafe_interrupts_are_the_hosts_policy(self):
        refused = cell("soc-smmuv3", "vfio", verdict="refused", at="attach", errno="EPERM", master="platform")
        advice = weigh(*good("soc-smmuv3"), refused)["arm-smmu-v3"]
        self.assertTrue(advice.passes)
        self.assertIn(refused["cell"], "\n".join(advise.lines(advice, [])))
        works = cell("soc-smmuv3", "vfio", "stock+unsafe", master="platform")
        self.assertEqual(weigh(*good("soc-smmuv3"), refused, works)["arm-smmu-v3"].aside, [])
        breaks = works | {"verdict": "broken", "at": "stale"}
        self.assertFalse(weigh(*good("soc-smmuv3"), refused, breaks)["arm-smmu-v3"].passes)
        # EPERM with the policy open is the kernel's own no.
        still = cell("soc-smmuv3", "vfio", "stock+unsafe", "refused", "attach", "EPERM", master="platform")
        self.assertFalse(weigh(*good("soc-smmuv3"), refused, still)["arm-smmu-v3"].passes)

    def test_a_machine_that_is_not_coherent_is_set_aside_for_a_driver_that_tells(self):
        refusals = [cell("soc-smmuv3", api, verdict="refused", at="bind", errno="EINVAL", master="platform")
                    for api in APIS]
        lifted = [cell("soc-smmuv3", api, gates="cache-coherency", master="platform") for api in APIS]
        found = weigh(*good("soc-smmuv3"), *refusals, *lifted)["arm-smmu-v3"]
        self.assertTrue(found.passes)
        self.assertEqual(len(found.incoherent), 3)
        # One that passes the gate nowhere does not tell; and lifted it has to work.
        self.assertFalse(weigh(*refusals, *lifted)["arm-smmu-v3"].passes)
        self.assertFalse(weigh(*good("soc-smmuv3"), *refusals)["arm-smmu-v3"].passes)

    def test_a_kernel_without_iommufd_has_nothing_to_opt_in_to(self):
        found = weigh(cell("soc-smmuv3", "vfio"), *(cell("soc-smmuv3", api, verdict="unsupported")
                                                    for api in ("compat", "iommufd")))["arm-smmu-v3"]
        self.assertFalse(found.passes)
        self.assertIn("nothing to opt in to", advise.lines(found, [])[0])

    def test_kernels_are_weighed_apart(self):
        bad = cell("soc-smmuv3", "vfio", verdict="broken", at="map", version="6.1")
        found = advise.weigh({item["cell"]: item for item in [bad, *good("soc-smmuv3")]}, DRIVERS)
        self.assertEqual([(advice.series, advice.passes) for advice in found], [("6.1", False), ("6.12", True)])

    def test_other_apis_do_not_matter(self):
        self.assertTrue(weigh(*good("soc-smmuv3"), cell("soc-smmuv3", "sva", verdict="broken", at="dma")
                              )["arm-smmu-v3"].passes)


class Series(Case):
    def tree(self, text=SOURCE):
        path = self.dir / "linux" / "drivers" / "iommu" / "new-iommu.c"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return self.dir / "linux"

    def test_the_drivers_of_our_series_give_our_series(self):
        for series in ("6.1", "6.12"):
            patches, remarks = capseries.compose(series, {"arm-smmu-v3": "", "virtio_iommu": ""}, None)
            ours = sorted((PATCHES / series / "cap").glob("*.patch"))
            self.assertEqual([patch.name for patch in patches], [path.name for path in ours])
            self.assertEqual([patch.text for patch in patches], [path.read_text() for path in ours])
            self.assertEqual(remarks, [])

    def test_a_driver_that_does_not_pass_is_left_out(self):
        patches, remarks = capseries.compose("6.12", {"virtio_iommu": ""}, None)
        self.assertEqual([patch.driver for patch in patches if patch.driver], ["virtio-iommu"])
        self.assertIn("Subject: [PATCH 2/5] iommu/virtio", patches[1].text)
        self.assertEqual([patch.name[:4] for patch in patches], ["0001", "0002", "0003", "0004", "0005"])
        self.assertIn("arm-smmu-v3", remarks[0])

    def test_a_patch_is_made_where_there_is_none_and_applies(self):
        tree = self.tree()
        before = (tree / "drivers/iommu/new-iommu.c").read_text()
        patches, remarks = capseries.compose("6.12", {"virtio_iommu": "", "new-iommu": "Seen.\n"}, tree)
        made = patches[2]
        self.assertEqual((made.driver, made.name),
                         ("new-iommu", "0003-iommu-new-iommu-Report-IOMMU_CAP_IOMMUFD.patch"))
        self.assertIn("Require-IOMMU_CAP_IOMMUFD", patches[4].name)
        self.assertEqual((tree / "drivers/iommu/new-iommu.c").read_text(), before)
        (self.dir / "made.patch").write_text(made.text)
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
        subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
        subprocess.run(["git", "add", "-A"], cwd=tree, check=True)
        subprocess.run([*git, "commit", "-qm", "before"], cwd=tree, check=True)
        subprocess.run(["git", "apply", "--check", str(self.dir / "made.patch")], cwd=tree, check=True)
        subprocess.run([*git, "am", "-q", str(self.dir / "made.patch")], cwd=tree, check=True)
        self.assertIn("\tcase IOMMU_CAP_IOMMUFD:\n\t\treturn true;\n\tdefault:\n\t\treturn false;",
                      (tree / "drivers/iommu/new-iommu.c").read_text())
        said = subprocess.run(["git", "log", "-1", "--format=%s%n%b"], cwd=tree, stdout=subprocess.PIPE,
                              text=True).stdout
        self.assertIn("iommu/new-iommu: Report IOMMU_CAP_IOMMUFD\nSeen.", said)
        self.assertTrue(remarks)

    def test_what_cannot_be_made_mechanically_says_so(self):
        switch = SOURCE[SOURCE.index("\tswitch"):SOURCE.index("}\n\nstatic const")]
        for change, word in (((".capable", ".other"), "no .capable"),
                             (("\tcase IOMMU_CAP_CACHE_COHERENCY:\n\t\treturn true;",
                               "\tcase IOMMU_CAP_IOMMUFD:\n\t\treturn true;"), "already"),
                             ((switch, "\treturn cap == IOMMU_CAP_CACHE_COHERENCY;\n"), "no plain switch"),
                             (("\t\treturn true;\n\tdefault", "\t\tpr_info(\"x\");\n\tdefault"), "falls through"),
                             (('"new-iommu"', '"other"'), "0 files")):
            self.assertIn(change[0], SOURCE)
            tree = self.tree(SOURCE.replace(*change))
            with self.subTest(word=word), self.assertRaises(Failure) as caught:
                capseries.compose("6.12", {"new-iommu": ""}, tree)
            self.assertIn(word, str(caught.exception))
            self.assertIn("by hand", str(caught.exception))
            shutil.rmtree(tree)


class Command(Case):
    def setUp(self):
        super().setUp()
        self.own_cache()
        patch = mock.patch.object(prepare, "load_registry", lambda *_: {
            name: mock.Mock(driver=driver) for name, driver in DRIVERS.items()})
        patch.start()
        self.addCleanup(patch.stop)

    def json(self, *found):
        path = self.dir / f"run-{found[0]['cell'].replace('/', '-')}.json"
        path.write_text(json.dumps(found))
        return str(path)

    def test_the_newest_run_is_the_default(self):
        status, _, err = run_main("advise")
        self.assertEqual(status, 2)
        self.assertIn("matrix", err)
        path = cellfile.last(Cache())
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(good("soc-smmuv3")))
        status, out, _ = run_main("advise")
        self.assertEqual(status, 0)
        self.assertIn("arm-smmu-v3 (soc-smmuv3): yes: 3 stock cells work", out)

    def test_the_series_on_standard_output_is_a_mailbox(self):
        status, out, err = run_main("advise", self.json(*good("soc-smmuv3", "virtio-iommu")), "--patch", "-")
        self.assertEqual(status, 0)
        (self.dir / "mbox").write_text(out)
        box = mailbox.mbox(self.dir / "mbox")
        self.addCleanup(box.close)
        self.assertEqual(len(box), len(list((PATCHES / "6.12" / "cap").iterdir())))
        self.assertIn("yes", err)

    def test_a_directory(self):
        path = self.dir / "series"
        run = ("advise", self.json(*good("soc-smmuv3", "virtio-iommu")), "--patch", str(path))
        self.assertEqual(run_main(*run)[0], 0)
        self.assertEqual(len(list(path.iterdir())), 6)
        status, _, err = run_main(*run)
        self.assertEqual(status, 2)
        self.assertIn("has patches already", err)

    def test_nobody_passes(self):
        status, _, err = run_main("advise", self.json(cell("apple-dart", "vfio", verdict="refused", at="bind")),
                                  "--patch", str(self.dir / "series"))
        self.assertEqual(status, 1)
        self.assertIn("no driver passes", err)
        self.assertFalse((self.dir / "series").exists())

    def test_wrong_usage(self):
        found = self.json(*good("new-iommu"))
        for argv, word in (([found, "--kernel", "6.1"], "6.12"), ([found, "--kernel", "2.4"], "6.1, 6.12"),
                           ([found, "--patch", str(self.dir / "s")], "--kdir"),
                           ([found, "--kdir", "/nonexistent"], "not a Linux kernel tree"),
                           ([self.json(cell("apple-dart", "dma"))], "vfio, compat, iommufd")):
            status, _, err = run_main("advise", *argv)
            with self.subTest(argv=argv):
                self.assertEqual(status, 2)
                self.assertIn(word, err)


if __name__ == "__main__":
    unittest.main()
