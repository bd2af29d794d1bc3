"""What other people's farms run: the LAVA job and the CI files. SPDX-License-Identifier: GPL-2.0-or-later"""

import json
import os
import re
import subprocess
import unittest
from unittest import mock

from support import ROOT, Case, Console, run_main
from test_usage import DART, SMMU

import arguments
import lava
import packages
import phases
import prepare
import protocol
import reference
import registry
from errors import Usage
from verdict import Ending, judge

DEBIANS_PYTHON = "/usr/bin/python3"  # that the packages below are for
CI_FILES = ROOT / "docs" / "ci"
CELL = "apple-dart/page-size=16k/6.12/4k/pci/nocap/cache-coherency+unsafe/iommufd"


def debians_python(program: str, text: str) -> subprocess.CompletedProcess:
    return subprocess.run([DEBIANS_PYTHON, "-c", program], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60)


def parse_yaml(text: str):
    out = debians_python("import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))", text)
    if out.returncode != 0:
        raise AssertionError(out.stderr)
    return json.loads(out.stdout)


class Lava(Case):
    def setUp(self):
        super().setUp()
        self.own_cache()
        iommus = registry.from_json(json.dumps({"types": [DART, SMMU]}))
        iommus |= {item.name: item for item in reference.iommus(registry.Iommu)}

        def forbidden(*args, **kwargs):
            self.fail(f"something is installed or built: {args}")
        for target, name, value in ((prepare, "load_registry", lambda *_: iommus), (packages, "ensure", forbidden),
                                    (phases.Phases, "phase", forbidden)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def text(self, *argv):
        status, out, err = run_main("lava", *argv, "--url", "https://files.example/base/", "--dry-run")
        self.assertEqual(status, 0, err)
        return out

    def job(self, *argv):
        return parse_yaml(self.text(*argv))

    def images(self, *argv):
        return self.job(*argv)["actions"][0]["deploy"]["images"]

    def test_lavas_own_schemas_take_it(self):
        program = "import lava_common.schemas as schemas, sys, yaml; schemas.validate(yaml.safe_load(sys.stdin))"
        if packages.release() != "12" and debians_python("import lava_common.schemas", "").returncode != 0:
            self.skipTest("this Debian has no lava-common")
        for argv in ([CELL], ["apple-dart", "--api", "dma"], ["virtio-iommu", "--api", "vfio"],
                     ["soc-smmuv3", "--master", "platform", "--api", "dma", "--device-type", "qemu-of-ours"]):
            with self.subTest(argv=argv):
                text = self.text(*argv)
                said = debians_python(program, text)
                self.assertEqual(said.returncode, 0, said.stderr)
        self.assertNotEqual(debians_python(program, text.replace("to: \"tmpfs\"", "to: \"moon\"")).returncode, 0)
        self.assertNotEqual(debians_python(program, text.replace("pattern:", "patern:")).returncode, 0)

    def test_a_cells_name_says_it_all(self):
        job = self.job(CELL)
        self.assertEqual(job["metadata"]["cell"], CELL)
        kernel_arguments = job["actions"][0]["deploy"]["images"]["kernel"]["image_arg"]
        for word in ("soc_iommu.api=iommufd", "soc_iommu.master=pci", "iommu_lab.skip_cap=1",
                     "iommu_lab.lift_cache_coherency=1", "iommufd.allow_unsafe_interrupts=1", "-no-reboot"):
            self.assertIn(word, kernel_arguments)
        self.assertEqual(job["context"]["machine"], "virt,gic-version=3")
        self.assertEqual(job["context"]["arch"], "arm64")

    def test_memory_is_in_a_cells_name_and_in_the_context(self):
        name = "apple-dart/page-size=16k,memory=6G/6.12/4k/pci/cap/stock/dma"
        job = self.job(name)
        self.assertEqual((job["metadata"]["cell"], job["context"]["memory"]), (name, "6G"))
        self.assertEqual(self.job("apple-dart", "--api", "dma", "--memory", "512M")["metadata"]["cell"],
                         "apple-dart/default/6.12/4k/pci/cap/stock/dma")

    def test_the_files_are_below_the_base(self):
        for argv in ([CELL], ["apple-dart", "--api", "dma"]):
            for label, image in self.images(*argv).items():
                self.assertRegex(image["url"], r"^https://files\.example/base/[^/]+$")
                self.assertIn(f"{{{label}}}", image["image_arg"])
        self.assertEqual(list(self.images(CELL)), ["kernel", "initrd", "plugin"])
        disk = self.images("apple-dart", "--api", "dma")["disk"]["image_arg"]
        self.assertIn("-drive file={disk},format=raw", disk)

    def test_every_device_of_the_command_line_is_in_the_job(self):
        for argv in (["apple-dart", "--api", "dma"], ["soc-smmuv3", "--api", "vfio", "--master", "platform"]):
            status, out, _ = run_main("attach", *argv, "--dry-run")
            self.assertEqual(status, 0)
            words = " ".join(image["image_arg"] for image in self.images(*argv).values())
            for device in re.findall(r"-device (\S+)", out):
                self.assertIn(f"-device {device}", words)

    def test_wrong_usage(self):
        for argv, word in ((["apple-dart"], "valid: dma, direct, vfio"), ([CELL, "--api", "dma"], "--api"),
                           ([CELL, "-o", "variant=t6000"], "-o"), (["a/b", "--api", "dma"], "IOMMU/options/kernel"),
                           ([CELL.replace("6.12", "6.1")], "valid: 6.12"), ([CELL.replace("apple-dart", "x")], "x"),
                           ([CELL, "--export", str(self.dir)], "--export and --dry-run")):
            status, out, err = run_main("lava", *argv, "--url", "x", "--dry-run")
            with self.subTest(argv=argv):
                self.assertEqual((status, out), (2, ""))
                self.assertIn(word, err)
        self.assertEqual(run_main("lava", CELL)[0], 2)

    def monitored(self, console):
        """What LAVA's monitor makes of a console: results in order, and whether it saw the end."""
        text = console.bytes().decode()
        self.assertIn(lava.START, text)
        text = text.split(lava.START, 1)[1]
        end = re.search(lava.END, text)
        found = [(match["test_case_id"], lava.RESULTS[match["result"]])
                 for match in re.finditer(lava.PATTERN, text[:end.start()] if end else text)]
        return found, bool(end)

    def test_the_monitor_sees_each_step(self):
        console = Console("vfio").steps("probe", "bind").step("attach", errno="EINVAL").end()
        self.assertEqual(self.monitored(console), ([("vfio 1 probe", "pass"), ("vfio 1 bind", "pass"),
                                                    ("vfio 1 attach", "fail")], True))

    def test_the_monitor_takes_no_half_of_a_record(self):
        line = "[    1.0] not ok 12 - iommufd 3 isolation # errno=EIO text\r\n"
        for length in range(len(line)):
            found = re.search(lava.PATTERN, line[:length])
            if found:
                self.assertEqual((found["result"], found["test_case_id"]), ("not ok", "iommufd 3 isolation"))
        self.assertTrue(re.search(lava.PATTERN, line))
        self.assertTrue(re.search(lava.PATTERN, "[    1.0] ok 1 - vfio 1 probe\r\n"))

    def test_what_the_verdict_calls_broken_fails_in_the_monitor(self):
        for text in ("WARNING: CPU: 0 PID: 1 at x.c:1 f+0x0/0x1", "Unable to handle kernel NULL pointer dereference",
                     "Internal error: Oops: 5 [#1] SMP ARM", "Kernel panic - not syncing: x", "BUG: KASAN: x"):
            console = Console("vfio").steps("probe", "bind").begin("attach").kernel(text).result("attach")
            with self.subTest(text=text):
                self.assertEqual(judge("vfio", 1, protocol.parse(console.bytes()), Ending(timed_out=True)).verdict,
                                 "broken")
                self.assertIn("fail", [result for _, result in self.monitored(console)[0]])

    def test_a_job_that_never_ends_has_no_end(self):
        self.assertFalse(self.monitored(Console("vfio").steps("probe", "bind"))[1])


def commands(node) -> list[str]:
    """Every shell command of a GitHub workflow or a GitLab CI file, in order."""
    if isinstance(node, list):
        return [text for item in node for text in commands(item)]
    if not isinstance(node, dict):
        return []
    found = []
    for key, item in node.items():
        if key == "run":
            found.append(item)
        elif key in ("before_script", "script", "after_script"):
            found += [item] if isinstance(item, str) else item
        else:
            found += commands(item)
    return found


class CiFiles(Case):
    """Their commands run, with a soc-iommu in place that writes down what it is asked and makes the files it is to."""

    def run_file(self, name):
        made = parse_yaml((CI_FILES / name).read_text())
        (self.dir / "scripts").mkdir()
        for program in ("scripts/soc-iommu", "apt-get"):
            self.program(program, f"""#!{DEBIANS_PYTHON}
import json, sys
open({str(self.dir / 'asked')!r}, "a").write(json.dumps([sys.argv[0].rsplit("/")[-1], *sys.argv[1:]]) + "\\n")
for option, name in zip(sys.argv, sys.argv[1:]):
    if option in ("--json", "--html", "--junit"):
        open(name, "w").write("[]")
""")
        environment = {**os.environ, "PATH": f"{self.dir}:{os.environ['PATH']}", "SHARDS": "4", "CI_NODE_INDEX": "1",
                       "CI_NODE_TOTAL": "4", "CI_PROJECT_DIR": str(self.dir)}
        texts = commands(made)
        self.assertTrue(texts)
        for text in texts:
            text = re.sub(r"\$\{\{ *matrix\.shard *\}\}", "1", text)
            self.assertNotIn("${{", text)
            done = subprocess.run(["sh", "-euc", text], cwd=self.dir, env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}")
        asked = [json.loads(line) for line in (self.dir / "asked").read_text().splitlines()]
        return made, [words[1:] for words in asked if words[0] == "soc-iommu"]

    def check(self, name):
        made, asked = self.run_file(name)
        self.assertEqual([words[0] for words in asked], ["matrix", "merge"])
        self.assertEqual(asked[0][asked[0].index("--shard") + 1], "1/4")
        self.assertIn("shard-1.json", asked[1])
        for option in ("--html", "--junit"):
            self.assertIn(option, asked[1])
        return made, asked

    def parse(self, asked):
        """As the command itself would."""
        os.chdir(self.dir)
        self.addCleanup(os.chdir, ROOT)
        for words in asked:
            try:
                arguments.parse(words)
            except Usage as error:
                if f"unknown command '{words[0]}'" in str(error):
                    self.skipTest(f"there is no {words[0]} yet")
                raise

    def test_github(self):
        made, asked = self.check("github-actions.yml")
        shards = made["jobs"]["shard"]["strategy"]["matrix"]["shard"]
        self.assertEqual(shards, list(range(1, made["env"]["SHARDS"] + 1)))
        self.parse(asked)

    def test_gitlab(self):
        made, asked = self.check("gitlab-ci.yml")
        self.assertEqual(made["shard"]["parallel"], 4)
        self.assertEqual(made["shard"]["stage"], made["stages"][0])
        self.assertEqual(made["report"]["stage"], made["stages"][1])
        self.parse(asked)

    def test_the_files_that_are_kept_are_the_files_that_are_made(self):
        made, _ = self.run_file("gitlab-ci.yml")
        for name in [*made["report"]["artifacts"]["paths"], made["report"]["artifacts"]["reports"]["junit"]]:
            self.assertTrue((self.dir / name).exists(), name)

    def test_what_they_cache_exists(self):
        text = (CI_FILES / "github-actions.yml").read_text()
        for glob in re.findall(r"'([\w/-]+)/\*\*'", text):
            self.assertTrue((ROOT / glob).is_dir(), glob)
        self.assertIn("path: /cache", text)


if __name__ == "__main__":
    unittest.main()
