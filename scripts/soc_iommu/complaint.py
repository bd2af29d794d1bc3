"""Which function a complaint of the kernel is about: its first line often names none, or a helper that found it.

A report is some fifty lines: a call trace, what was freed where, which locks are held. The function to be named is the
innermost one that is neither the reporter nor a helper, as a list or a lock that many use.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re

REPORT_LINES = 200  # of one complaint, at most
MOST = 200          # complaints of a console that are looked into; a kernel that has gone mad prints millions

# "foo+0x10/0x20". 32-bit ARM's traces say "callee from caller+0x10/0x20": the caller, so the trace's next entry.
FRAME = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(\w+)\])?")
TRACE = re.compile(r"^Call [Tt]race:|^ ?unwind_backtrace from ")  # the second on 32-bit ARM, without a heading
COUNTER = re.compile(r"^(?:pc : |PC is at |NIP \[\w+\] )")
FREED = re.compile(r"^Freed (?:by task|in)\b")
SECTION = re.compile(r"^$|^\w.*:$")  # what ends the stack of a section
LOCKDEP = re.compile(r"^WARNING: (?!CPU: |suspicious RCU usage)|^\[ BUG: ")
END = re.compile(r"^---\[ end trace|^# soc-iommu |^(?:not )?ok \d+ - ")
# Nobody's defect: what reports, and what everybody calls to lock, to wait, to allocate, to copy or to count.
HELPERS = re.compile("^_*(?:" + "|".join(r"""
    dump_(?:stack|backtrace) show_(?:stack|regs) unwind_ walk_stackframe arch_stack_walk stack_trace_ print_
    k?asan_ ubsan_ report_bug warn$ warn_ bug_handler call_break_hook brk_handler do_debug_exception do_undefinstr
    el[01][th]?_ und_ ret_from_ program_check_ do_program_check might_(?:sleep|resched|alloc|fault)
    lockdep_ lock_(?:acquire|release|is_held|contended) mark_(?:lock|held|usage) validate_chain register_lock_class
    check_(?:noncircular|prev|deadlock|wait_context|usage|irq|flags|path|region|slab|object|bytes) debug_(?:lock|check)
    raw_(?:spin|read|write)_ spin_ (?:read|write)_(?:un)?lock rwlock_ mutex_ rt_mutex_ ww_mutex_ (?:down|up)(?:_|$)
    percpu_(?:down|up) schedule(?:$|_timeout|_hrtimeout|_bug|_debug) cond_resched wait_for_ do_wait_for usleep_ msleep
    k[mz]alloc kcalloc kvmalloc kv?free kmem_cache_ kmemdup kstr krealloc slab_ do_slab_ free_to_partial v[mz]alloc
    vfree alloc_(?:frozen_)?pages get_free_pages free_pages get_page_from_freelist devm_k devres_ mem(?:cpy|set|move|cmp)
    list_(?:add|del)\w*_valid refcount_ kref_ kobject_(?:get|put)
    pm_runtime_ rpm_
    """.split()) + ")")


def frame(line: str) -> tuple[str, str] | None:
    """Function and module of one line of a trace."""
    found = FRAME.search(line)
    return found and (re.sub(r"\.(?:constprop|isra|part|cold).*", "", found[1]), found[2] or "")


def is_helper(name: str) -> bool:
    return bool(HELPERS.match(name))


def spell(function: tuple[str, str]) -> str:
    name, module = function
    return f"{name}()" + (f" [{module}]" if module else "")


def first(lines: list[str]) -> str:
    """The first function of these lines that is no helper, "" if there is none."""
    return next((spell(found) for found in map(frame, lines) if found and not is_helper(found[0])), "")


def report(lines: list[str]) -> list[str]:
    """What of the lines behind a complaint belongs to it."""
    end = next((number for number, line in enumerate(lines) if END.match(line)), len(lines))
    return lines[:end]


def behind(lines: list[str], what: re.Pattern) -> list[str]:
    return next((lines[number + 1:] for number, line in enumerate(lines) if what.match(line)), [])


def section(lines: list[str]) -> list[str]:
    return lines[:next((number for number, line in enumerate(lines) if SECTION.match(line)), len(lines))]


def about(text: str, following: list[str]) -> str:
    """The complaint with its function, where its own text names none. Both without the log's prefix."""
    lines, said = report(following[:REPORT_LINES]), [text]
    named = frame(text)
    if not named or is_helper(named[0]):
        trace = behind(lines, TRACE)
        counter = next((line for line in lines[:len(lines) - len(trace)] if COUNTER.match(line)), "")
        if LOCKDEP.match(text):
            # "… is trying to acquire lock: (&lock){…}, at: foo+0x10/0x20" comes before all traces.
            found = first(lines)
        else:
            found = first([counter]) or first(trace)
        said += [f"in {found}"] if found else []
    freed = first(section(behind(lines, FREED))) if text.startswith("BUG: KASAN") else ""
    return "; ".join(said + ([f"freed in {freed}"] if freed else []))
