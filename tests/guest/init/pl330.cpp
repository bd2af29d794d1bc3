// SPDX-License-Identifier: GPL-2.0-or-later
// pl330 with dmatest, which copies between buffers of its own and compares them.
#include "failure.hpp"
#include "files.hpp"
#include "kernel_log.hpp"
#include "kernel_master.hpp"
#include "modules.hpp"
#include "text.hpp"

#include <time.h>

#include <cstdio>

namespace guest
{
namespace
{

constexpr unsigned iterations = 10;
const std::string parameters = "/sys/module/dmatest/parameters/";

class Pl330 : public KernelMaster
{
public:
    explicit Pl330(Device device) : device_(std::move(device)) {}

    ~Pl330() override
    {
        unload_module("dmatest");
        device_.unbind();
    }

    void prepare() override { load_module_if_present("pl330"); }

    std::string driver() const override { return "dma-pl330"; }

    void bind(Notes &notes) override
    {
        if (const int error = device_.bind(driver())) {
            throw Failure{error, "bind " + device_.name() + " to " + driver()};
        }
        const std::string group = device_.group().value_or("");
        notes.add("driver=%s type=%s", driver().c_str(), group_type(group).c_str());
    }

    void dma(Notes &notes) override
    {
        std::string channel;
        for (const std::string &name : list_directory("/sys/class/dma")) {
            if (channel.empty() && link_target_name("/sys/class/dma/" + name + "/device") == device_.name()) {
                channel = name;
            }
        }
        if (channel.empty()) {
            throw Failure{ENODEV, "pl330 offers no channel"};
        }
        // A transfer that never ends costs its timeout; the whole must end before the watchdog.
        load_module("dmatest",
                    format("iterations=%u threads_per_chan=1 timeout=300 test_buf_size=16384", iterations));
        KernelLogTail tail;
        set("channel", channel);
        set("run", "1");
        if (!read_file(parameters + "wait")) { // returns at the end of the run
            fail_errno("waiting for dmatest");
        }
        // `wait` was once seen to return before the summary could be read: what counts is the summary.
        for (int waited = 0; waited < 2000; waited += 20) {
            tail.poll();
            if (judge(tail.lines(), channel, notes)) {
                return;
            }
            const timespec pause = {0, 20'000'000};
            nanosleep(&pause, nullptr);
        }
        fail("dmatest gave no summary");
    }

    void unbind(Notes &) override
    {
        // dmatest holds the channel until it goes.
        if (const int error = unload_module("dmatest")) {
            throw Failure{error, "unloading dmatest"};
        }
        device_.unbind();
        if (!device_.driver().empty()) {
            fail(driver() + " did not let the device go");
        }
    }

private:
    // drivers/dma/dmatest.c: "dmatest: dma0chan0-copy0: summary 10 tests, 0 failures …". false: not there yet.
    static bool judge(const std::vector<KernelLine> &lines, const std::string &channel, Notes &notes)
    {
        for (const KernelLine &line : lines) {
            unsigned tests = 0;
            unsigned failures = 0;
            const auto at = line.text.find("summary ");
            if (line.text.find(channel) == std::string::npos || at == std::string::npos ||
                sscanf(line.text.c_str() + at, "summary %u tests, %u failures", &tests, &failures) != 2) {
                continue;
            }
            notes.add("channel=%s tests=%u failures=%u", channel.c_str(), tests, failures);
            if (failures != 0 || tests != iterations) {
                fail("dmatest found failures");
            }
            return true;
        }
        return false;
    }

    static void set(const std::string &name, const std::string &value)
    {
        if (const int error = write_file(parameters + name, value)) {
            throw Failure{error, "dmatest " + name + "=" + value};
        }
    }

    Device device_;
};

} // namespace

std::unique_ptr<KernelMaster> pl330_master(const Device &device)
{
    return std::make_unique<Pl330>(device);
}

} // namespace guest
