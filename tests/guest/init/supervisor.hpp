// SPDX-License-Identifier: GPL-2.0-or-later
// A session runs in a child process. The parent writes its records and ends what does not end by itself.
#pragma once

#include "failure.hpp"
#include "records.hpp"

#include <functional>
#include <string>

namespace guest
{

// Facts that a step found, for its record. They stay where the step fails later.
class Notes
{
public:
    [[gnu::format(printf, 2, 3)]] void add(const char *pattern, ...);
    const std::string &text() const { return text_; }

private:
    std::string text_;
};

// Ends a session after a failed step, once its cleanup (destructors) is done.
struct SessionOver {
};

// The API does not exist in this kernel.
struct Unsupported {
    std::string reason;
};

// The child's end.
class Reporter
{
public:
    Reporter(int records, int answers) : records_(records), answers_(answers) {}

    // Runs one step. Throws SessionOver where the step throws Failure.
    void step(const std::string &name, const std::function<void(Notes &)> &run);
    // A step that only looks: where it fails, the next ones still tell something. False then.
    bool observe(const std::string &name, const std::function<void(Notes &)> &run);

private:
    friend class Supervisor;
    void send(char type, int error, const std::string &text);

    int records_;
    int answers_;
};

class Supervisor
{
public:
    Supervisor(std::string api, unsigned step_timeout) : api_(std::move(api)), step_timeout_(step_timeout) {}

    // True where every step was fine; then, and only then, another session makes sense. `session` may throw
    // SessionOver, Unsupported, and Failure, which outside a step is the harness' own.
    bool run_session(unsigned session, const std::function<void(Reporter &)> &run);

    void finish(); // writes the plan

    // A child that did not die: it hangs in the kernel, and an orderly shutdown may hang too.
    bool child_left() const { return child_left_; }

private:
    void watch(unsigned session, int records, int answers, int child);

    std::string api_;
    unsigned step_timeout_;
    Records records_;
    bool good_ = false;
    bool child_left_ = false;
};

} // namespace guest
