// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor.hpp"

#include "kernel_log.hpp"
#include "text.hpp"

#include <array>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace guest
{
namespace
{

// Messages from the child. Each is answered with one byte once its record is in the log.
constexpr char message_begin = 'B';
constexpr char message_ok = 'O';
constexpr char message_failed = 'F';
constexpr char message_unsupported = 'U';
constexpr char message_error = 'E';

struct Message {
    char type;
    int error;
    std::array<char, 2048> text;
};
static_assert(sizeof(Message) <= PIPE_BUF, "a pipe takes it in one piece");

int64_t milliseconds()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Whether the child is gone within that time.
bool reap(int child, int64_t patience, int &status)
{
    const int64_t end = milliseconds() + patience;
    for (;;) {
        if (waitpid(child, &status, WNOHANG) == child) {
            return true;
        }
        if (milliseconds() >= end) {
            return false;
        }
        const timespec pause = {0, 5'000'000};
        nanosleep(&pause, nullptr);
    }
}

} // namespace

void Notes::add(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    char *raw = nullptr;
    if (vasprintf(&raw, pattern, arguments) >= 0) {
        text_ += text_.empty() ? "" : " ";
        text_ += raw;
        free(raw);
    }
    va_end(arguments);
}

void Reporter::send(char type, int error, const std::string &text)
{
    Message message = {type, error, {}};
    strncpy(message.text.data(), text.c_str(), message.text.size() - 1);
    char answer;
    if (write(records_, &message, sizeof(message)) != sizeof(message) || read(answers_, &answer, 1) != 1) {
        _exit(1); // the parent has given this session up
    }
}

void Reporter::step(const std::string &name, const std::function<void(Notes &)> &run)
{
    if (!observe(name, run)) {
        throw SessionOver();
    }
}

bool Reporter::observe(const std::string &name, const std::function<void(Notes &)> &run)
{
    Notes notes;
    send(message_begin, 0, name);
    try {
        run(notes);
    } catch (const Failure &failure) {
        send(message_failed, failure.error, failure.what + (notes.text().empty() ? "" : "; ") + notes.text());
        return false;
    }
    send(message_ok, 0, notes.text());
    return true;
}

bool Supervisor::run_session(unsigned session, const std::function<void(Reporter &)> &run)
{
    // Pipes, and not a socket pair: a kernel of the user's may have no network.
    int records[2];
    int answers[2];
    if (pipe2(records, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0) {
        fail_errno("pipe2");
    }
    signal(SIGPIPE, SIG_IGN);
    const pid_t child = fork();
    if (child < 0) {
        fail_errno("fork");
    }
    if (child == 0) {
        close(records[0]);
        close(answers[1]);
        Reporter reporter(records[1], answers[0]);
        try {
            run(reporter);
        } catch (const SessionOver &) {
        } catch (const Unsupported &unsupported) {
            reporter.send(message_unsupported, 0, unsupported.reason);
        } catch (const Failure &failure) {
            reporter.send(message_error, failure.error,
                          (failure.error ? errno_name(failure.error) + " " : std::string()) + failure.what);
        }
        _exit(0);
    }
    close(records[1]);
    close(answers[0]);
    watch(session, records[0], answers[1], child);
    close(records[0]);
    close(answers[1]);
    return good_;
}

void Supervisor::watch(unsigned session, int records, int answers, int child)
{
    const int64_t patience = int64_t{step_timeout_} * 1000;
    std::optional<StepName> current;
    bool timed_out = false;
    good_ = true;

    const auto report = [&](const StepResult &result) {
        log_line(records_.result(*current, result));
        good_ = good_ && result.ok;
        current.reset();
    };

    for (int64_t deadline = milliseconds() + patience;;) {
        pollfd ready = {records, POLLIN, 0};
        const int64_t left = deadline - milliseconds();
        const int polled = poll(&ready, 1, left > 0 ? static_cast<int>(left) : 0);
        if (polled == 0) {
            timed_out = true;
            break;
        }
        if (polled < 0) {
            continue;
        }
        Message message;
        if (read(records, &message, sizeof(message)) != sizeof(message)) {
            break; // the child has ended
        }
        switch (message.type) {
        case message_begin:
            current = StepName{api_, session, message.text.data()};
            log_line(records_.begin(*current));
            break;
        case message_ok:
        case message_failed:
            report({message.type == message_ok, message.error, message.text.data()});
            break;
        case message_unsupported:
            log_line("# soc-iommu unsupported " + api_ + " " + message.text.data());
            good_ = false;
            break;
        default:
            log_line(format("# soc-iommu error %s", message.text.data()));
            good_ = false;
            break;
        }
        if (write(answers, "", 1) != 1) {
            break;
        }
        deadline = milliseconds() + patience;
    }

    int status = 0;
    bool gone = !timed_out && reap(child, patience, status);
    if (!gone) {
        if (timed_out && current) {
            report({false, ETIMEDOUT, format("no end within %u s", step_timeout_)});
        }
        kill(child, SIGKILL);
        gone = reap(child, 1000, status);
        good_ = false;
    } else if (current) {
        // An oops kills the process that it happens in.
        report({false, 0, format("the process died: signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0)});
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        log_line(
            format("# soc-iommu error session %u died between steps, wait status 0x%x", session, status));
        good_ = false;
    }
    child_left_ = child_left_ || !gone;
}

void Supervisor::finish()
{
    log_line(records_.plan());
}

} // namespace guest
