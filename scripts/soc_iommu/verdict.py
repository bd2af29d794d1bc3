"""From a guest's console and its end to a verdict. The rules are those of the README.

SPDX-License-Identifier: GPL-2.0-or-later
"""

from dataclasses import dataclass, field

from protocol import STEPS, Event, Step

WORKS, REFUSED, BROKEN, UNSUPPORTED, ERROR = "works", "refused", "broken", "unsupported", "error"


@dataclass
class Ending:
    """How the QEMU process ended."""

    timed_out: bool = False
    status: int | None = 0  # exit status; negative: a signal; None with timed_out
    complaint: str = ""     # what QEMU or a sanitizer reported


@dataclass
class Verdict:
    verdict: str
    at: str | None = None
    errno: str | None = None
    steps: list[Step] = field(default_factory=list)
    kernel_warnings: list[str] = field(default_factory=list)
    guest: dict = field(default_factory=dict)  # what /init said of itself
    reason: str = ""                           # in words, for people
    panicked: bool = False
    timed_out: bool = False


def expected(api: str, sessions: int) -> list[tuple[int, str]]:
    """Every step of a run in which nothing fails. A later session has no `probe`."""
    steps = STEPS[api]
    return [(session, step) for session in range(1, sessions + 1) for step in (steps if session == 1 else steps[1:])]


def last_refusable(api: str) -> str:
    """The last step whose failure is a refusal; the API `dma` has no attach of its own."""
    return "bind" if api == "dma" else "attach"


def judge(api: str, sessions: int, events: list[Event], ending: Ending) -> Verdict:
    walk = _Walk(api)
    for event in events:
        walk.take(event)
    out = Verdict(ERROR, steps=walk.steps, kernel_warnings=walk.warnings, guest=walk.guest,
                  panicked=walk.panicked, timed_out=ending.timed_out)
    out.verdict, out.at, out.errno, out.reason = _decide(walk, api, sessions, ending)
    return out


class _Walk:
    """Goes through the log once and keeps what the rules ask for."""

    def __init__(self, api: str):
        self.order = STEPS[api]
        self.api = api
        self.steps: list[Step] = []
        self.warnings: list[str] = []
        self.guest: dict = {}
        self.current: str | None = None  # the step that runs, or ran last
        self.running = False
        self.exposed = False             # `bind` (`attach` where there is none) has begun
        self.panicked = self.ended = self.header = False
        self.plan: int | None = None
        self.unsupported: str | None = None
        self.errors: list[str] = []
        self.failed: Step | None = None
        self.wrong: tuple[str, str | None, str] | None = None  # the first thing that went wrong: at, errno, why
        self.kernel_wrong = False        # the kernel went wrong once exposed
        self.early_oops: str | None = None

    def take(self, event: Event):
        getattr(self, "_" + event.kind)(event)

    def _header(self, event):
        if self.header:
            self.errors.append("the guest started twice")
        self.header = True

    def _guest(self, event):
        self.guest = event.fields

    def _begin(self, event):
        step = event.fields["step"]
        if event.fields["api"] != self.api or step not in self.order:
            self.errors.append(f"record of an unknown step: {event.text}")
            return
        self.current, self.running = step, True
        if self.order.index(step) >= 1:
            self.exposed = True

    def _step(self, event):
        step = event.step
        if step.api != self.api or step.step not in self.order:
            self.errors.append(f"record of an unknown step: {event.text}")
            return
        if step.number != len(self.steps) + 1:
            self.errors.append(f"records are missing before: {event.text}")
        self.steps.append(step)
        self.running = False
        self.current = step.step
        if self.order.index(step.step) >= 1:
            self.exposed = True
        if not step.ok:
            self.failed = self.failed or step
            self._note(step.step, step.errno, f"session {step.session}: {step.detail}".rstrip(": "))

    def _note(self, at, errno, why):
        self.wrong = self.wrong or (at, errno, why)

    def _unsupported(self, event):
        self.unsupported = event.fields["reason"] or "not in this kernel"

    def _error(self, event):
        self.errors.append(event.fields["reason"] or "the guest reported an error")

    def _plan(self, event):
        self.plan = event.fields["count"]

    def _end(self, event):
        self.ended = True

    def _kernel(self, event):
        self.warnings.append(event.text)
        if self.exposed:
            self.kernel_wrong = True
            self._note(self.current, None, event.text)

    def _warning(self, event):
        self._kernel(event)

    def _oops(self, event):
        self._kernel(event)
        if not self.exposed:
            self.early_oops = self.early_oops or event.text

    def _panic(self, event):
        self._kernel(event)
        self.panicked = True


def _decide(walk: _Walk, api: str, sessions: int, ending: Ending):
    """(verdict, at, errno, reason). The order matters: what makes all else unbelievable comes first."""
    if ending.complaint:
        return ERROR, walk.current, None, ending.complaint
    if walk.errors:
        return ERROR, walk.current, None, walk.errors[0]
    if not walk.header:
        how = "panicked" if walk.panicked else "said nothing more" if ending.timed_out else "ended"
        return ERROR, None, None, f"the guest {how} before its /init ran"
    if walk.panicked and not walk.exposed:
        return ERROR, walk.current, None, "the kernel panicked before a device was bound"
    if ending.timed_out and not walk.exposed:
        return ERROR, walk.current, "ETIMEDOUT", "the guest hung before a device was bound"
    if ending.timed_out:
        # Hung for good: the watchdog of the step did not fire either, so the kernel is not whole.
        at, errno, why = walk.wrong or (walk.current, "ETIMEDOUT", "the guest hung")
        return BROKEN, at, errno, why
    if walk.panicked:
        return (BROKEN, *walk.wrong)
    if ending.status != 0:
        return ERROR, walk.current, None, f"QEMU ended with status {ending.status}"
    if not walk.ended or walk.plan is None:
        return ERROR, walk.current, None, "the guest ended before its last record"
    if walk.plan != len(walk.steps):
        return ERROR, walk.current, None, f"{walk.plan} records announced, {len(walk.steps)} seen"
    if walk.kernel_wrong:
        return (BROKEN, *walk.wrong)
    if walk.early_oops:
        return ERROR, "probe", None, f"the kernel was not whole when the device was bound: {walk.early_oops}"
    if walk.unsupported is not None:
        return UNSUPPORTED, None, None, walk.unsupported
    if walk.failed:
        order, step = STEPS[api], walk.failed
        early = order.index(step.step) <= order.index(last_refusable(api))
        return (REFUSED if step.session == 1 and early else BROKEN, *walk.wrong)
    want = expected(api, sessions)
    got = [(step.session, step.step) for step in walk.steps]
    if got != want:
        odd = next((pair for pair in want if pair not in got), None)
        text = f"no record of step {odd[1]} of session {odd[0]}" if odd else "more steps than asked for"
        return ERROR, walk.current, None, text
    return WORKS, None, None, ""
