"""From a console to a verdict: every rule of the design once. SPDX-License-Identifier: GPL-2.0-or-later"""

import unittest

from support import Case, Console

import protocol
import report
import verdict
from verdict import Ending

ALL = protocol.STEPS
WARNING = "WARNING: CPU: 0 PID: 56 at drivers/iommu/iommu.c:3013 iommu_setup_default_domain+0x1b8/0x4a0"
PANIC = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"
OOPS = "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010"


def judge(console, sessions=1, ending=None):
    return verdict.judge(console.api, sessions, protocol.parse(console.bytes()), ending or Ending())


def complete(api="vfio", sessions=1):
    console = Console(api, sessions)
    for session in range(1, sessions + 1):
        console.steps(*(ALL[api] if session == 1 else ALL[api][1:]), session=session)
    return console


class Works(Case):
    def test_every_step_of_every_session_makes_works(self):
        for api in ALL:
            with self.subTest(api=api):
                got = judge(complete(api, 3).end(), 3)
                self.assertEqual((got.verdict, got.at, got.errno), ("works", None, None))
                self.assertEqual(len(got.steps), len(ALL[api]) * 3 - 2)

    def test_the_default_is_the_five_apis(self):
        self.assertEqual(protocol.APIS, ["dma", "direct", "vfio", "compat", "iommufd"])
        self.assertEqual([*protocol.APIS, *protocol.FURTHER], list(ALL))

    def test_a_missing_session_is_not_works(self):
        self.assertEqual(judge(complete(sessions=2).end(), 3).verdict, "error")

    def test_a_missing_step_is_not_works(self):
        for left_out in ALL["vfio"]:
            with self.subTest(step=left_out):
                console = Console().steps(*(s for s in ALL["vfio"] if s != left_out)).end()
                got = judge(console)
                self.assertEqual(got.verdict, "error")
                self.assertIn(left_out, got.reason)

    def test_the_guest_says_which_kernel_it_is(self):
        self.assertEqual(judge(complete().end()).guest["kernel"], "6.12.117")

    def test_a_warning_before_bind_is_listed_and_changes_nothing(self):
        console = Console().begin("probe").kernel(WARNING).result("probe").steps(*ALL["vfio"][1:]).end()
        got = judge(console)
        self.assertEqual((got.verdict, got.kernel_warnings), ("works", [WARNING]))

    def test_text_in_a_detail_is_no_kernel_message(self):
        console = Console().steps("probe").step("bind", detail=WARNING).steps(*ALL["vfio"][2:]).end()
        self.assertEqual(judge(console).verdict, "works")

    def test_the_caller_in_a_prefix_is_no_part_of_a_record(self):
        console = complete().end()
        console.lines = [line.replace("] ", "][    T1] ", 1) for line in console.lines]
        self.assertEqual(judge(console).verdict, "works")

    def test_garbage_between_records_is_passed_over(self):
        console = Console().steps("probe").raw("\x00\ufffd\x1b[31mnoise").raw("ok then").raw("1..x")
        self.assertEqual(judge(console.steps(*ALL["vfio"][1:]).end()).verdict, "works")


class Refused(Case):
    def test_a_step_up_to_attach_refuses(self):
        for api in ALL:
            last = "bind" if api == "dma" else "attach"
            for step in ALL[api][:ALL[api].index(last) + 1]:
                with self.subTest(api=api, step=step):
                    console = Console(api).steps(*ALL[api][:ALL[api].index(step)]).step(step, errno="EINVAL").end()
                    got = judge(console, 3)
                    self.assertEqual((got.verdict, got.at, got.errno), ("refused", step, "EINVAL"))

    def test_a_step_without_errno_has_none(self):
        got = judge(Console().step("probe", ok=False).end(), 3)
        self.assertEqual((got.verdict, got.at, got.errno), ("refused", "probe", None))

    def test_a_refusal_with_a_kernel_that_warned_is_broken(self):
        console = Console().steps("probe").begin("bind").kernel(WARNING).result("bind", errno="EBUSY").end()
        got = judge(console, 3)
        self.assertEqual((got.verdict, got.at, got.errno), ("broken", "bind", None))


class Broken(Case):
    def test_every_step_after_attach_breaks(self):
        for api in ALL:
            last = "bind" if api == "dma" else "attach"
            for step in ALL[api][ALL[api].index(last) + 1:]:
                with self.subTest(api=api, step=step):
                    console = Console(api).steps(*ALL[api][:ALL[api].index(step)]).step(step, errno="EIO").end()
                    got = judge(console, 3)
                    self.assertEqual((got.verdict, got.at, got.errno), ("broken", step, "EIO"))

    def test_a_later_session_that_is_refused_is_broken(self):
        console = complete().steps("bind", session=2).step("attach", 2, errno="EBUSY").end()
        got = judge(console, 3)
        self.assertEqual((got.verdict, got.at, got.errno), ("broken", "attach", "EBUSY"))

    def test_a_warning_belongs_to_the_step_that_runs(self):
        console = Console().steps("probe", "bind", "attach").begin("map").kernel(WARNING).result("map")
        got = judge(console.steps(*ALL["vfio"][4:]).end())
        self.assertEqual((got.verdict, got.at, got.errno), ("broken", "map", None))

    def test_a_warning_after_a_step_belongs_to_the_step_before(self):
        got = judge(complete().kernel(WARNING).end())
        self.assertEqual((got.verdict, got.at), ("broken", "detach"))

    def test_every_kind_of_complaint_counts(self):
        for text in (WARNING, OOPS, "Internal error: Oops: 0000000096000004 [#1] SMP", "kernel BUG at mm/slub.c:448!",
                     "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:562",
                     "INFO: task init:1 blocked for more than 20 seconds.", "UBSAN: shift-out-of-bounds in a.c:1:2",
                     "list_del corruption. prev->next should be ffff000003b80a68, but was 0000000000000000",
                     "refcount_t: underflow; use-after-free.", "BUG: KASAN: slab-use-after-free in foo+0x10/0x20",
                     "rcu: INFO: rcu_sched self-detected stall on CPU"):
            with self.subTest(text=text):
                console = Console().steps("probe").begin("bind").kernel(text).result("bind")
                got = judge(console.steps(*ALL["vfio"][2:]).end())
                self.assertEqual((got.verdict, got.at, got.kernel_warnings), ("broken", "bind", [text]))

    def test_direct_is_exposed_from_attach_on(self):
        console = Console("direct").steps("probe").begin("attach").kernel(WARNING).result("attach")
        got = judge(console.steps(*ALL["direct"][2:]).end())
        self.assertEqual((got.verdict, got.at), ("broken", "attach"))

    def test_the_first_thing_wrong_is_told(self):
        console = Console().steps("probe", "bind", "attach", "map").step("dma", errno="EIO").kernel(WARNING).end()
        got = judge(console, 3)
        self.assertEqual((got.at, got.errno), ("dma", "EIO"))

    def test_a_panic_breaks_at_its_step(self):
        got = judge(Console().steps("probe", "bind").begin("attach").kernel(OOPS).kernel(PANIC))
        self.assertEqual((got.verdict, got.at, got.errno, got.panicked), ("broken", "attach", None, True))
        self.assertEqual(report.exit_status([got]), 4)

    def test_a_hang_breaks_at_its_step(self):
        got = judge(Console().steps("probe").begin("bind"), ending=Ending(timed_out=True, status=None))
        self.assertEqual((got.verdict, got.at, got.errno), ("broken", "bind", "ETIMEDOUT"))
        self.assertEqual(report.exit_status([got]), 5)

    def test_pinned_pages_that_stay_are_a_failed_detach(self):
        console = Console().steps(*ALL["vfio"][:-1]).step("detach", ok=False, detail="16 pages stay pinned").end()
        got = judge(console, 3)
        self.assertEqual((got.verdict, got.at, got.errno), ("broken", "detach", None))


class Unsupported(Case):
    def test_the_guest_says_so(self):
        got = judge(Console("iommufd").kernel("# soc-iommu unsupported iommufd no /dev/iommu").end())
        self.assertEqual((got.verdict, got.at, got.reason), ("unsupported", None, "no /dev/iommu"))


class Error(Case):
    def test_no_init(self):
        console = Console()
        console.lines = console.lines[:1]
        got = judge(console)
        self.assertEqual(got.verdict, "error")
        self.assertEqual(report.exit_status([got]), 3)

    def test_a_panic_before_init(self):
        console = Console()
        console.lines = console.lines[:1]
        got = judge(console.kernel("Kernel panic - not syncing: No working init found."))
        self.assertEqual(got.verdict, "error")
        self.assertEqual(report.exit_status([got]), 4)

    def test_silence(self):
        got = verdict.judge("vfio", 1, [], Ending(timed_out=True, status=None))
        self.assertEqual(got.verdict, "error")
        self.assertEqual(report.exit_status([got]), 5)

    def test_a_panic_before_bind_is_no_verdict_on_the_api(self):
        got = judge(Console().begin("probe").kernel(PANIC))
        self.assertEqual((got.verdict, got.at), ("error", "probe"))

    def test_a_kernel_that_oopsed_before_bind_is_not_whole(self):
        console = Console().begin("probe").kernel(OOPS).result("probe", errno="ENODEV").end()
        self.assertEqual(judge(console).verdict, "error")

    def test_a_dead_qemu(self):
        got = judge(Console().steps("probe").begin("bind"), ending=Ending(status=-11))
        self.assertEqual((got.verdict, got.at), ("error", "bind"))

    def test_a_sanitizer_report_outweighs_a_green_run(self):
        self.assertEqual(judge(complete().end(), ending=Ending(complaint="a sanitizer")).verdict, "error")

    def test_the_harness_itself(self):
        got = judge(Console().kernel("# soc-iommu error no soc-dma found").end())
        self.assertEqual((got.verdict, got.reason), ("error", "no soc-dma found"))

    def test_records_that_are_missing(self):
        console = complete().end()
        console.lines = [line for line in console.lines if " isolation # detail" not in line]
        self.assertEqual(judge(console).verdict, "error")

    def test_a_log_without_its_end(self):
        self.assertEqual(judge(complete()).verdict, "error")

    def test_a_plan_that_does_not_fit(self):
        self.assertEqual(judge(complete().kernel("1..99").kernel("# soc-iommu end")).verdict, "error")

    def test_a_step_that_nobody_knows(self):
        self.assertEqual(judge(complete().step("dance").end()).verdict, "error")

    def test_records_of_another_api(self):
        console = complete("vfio").end()
        self.assertEqual(verdict.judge("iommufd", 1, protocol.parse(console.bytes()), Ending()).verdict, "error")


class ExitStatus(Case):
    def test_the_highest_that_applies(self):
        made = {kind: verdict.Verdict(kind) for kind in ("works", "refused", "broken", "unsupported", "error")}
        panic, hang = verdict.Verdict("broken", panicked=True), verdict.Verdict("broken", timed_out=True)
        for verdicts, status in ((["works"], 0), (["works", "unsupported"], 0), (["works", "refused"], 1),
                                 (["broken", "works"], 1), (["refused", "error", "works"], 3), (["unsupported"], 3)):
            with self.subTest(verdicts=verdicts):
                self.assertEqual(report.exit_status([made[kind] for kind in verdicts]), status)
        self.assertEqual(report.exit_status([made["error"], panic]), 4)
        self.assertEqual(report.exit_status([panic, hang]), 5)


if __name__ == "__main__":
    unittest.main()
