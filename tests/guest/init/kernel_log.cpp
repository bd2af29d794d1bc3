// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_log.hpp"

#include "records.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace guest
{
namespace
{

constexpr const char *node = "/dev/kmsg";

void read_all(const Fd &fd, std::vector<KernelLine> &lines)
{
    std::array<char, 8192> record;
    for (;;) {
        const ssize_t got = ::read(fd.get(), record.data(), record.size());
        if (got < 0 && errno == EPIPE) {
            continue; // overwritten under us; the next read starts at the oldest record
        }
        if (got <= 0) {
            return;
        }
        if (auto line = parse_kernel_line({record.data(), static_cast<size_t>(got)})) {
            lines.push_back(std::move(*line));
        }
    }
}

} // namespace

void log_line(std::string_view text)
{
    static const Fd fd = Fd::open(node, O_WRONLY);
    // Without a line's end the kernel keeps the record back, for more of it to come.
    const std::string line = one_line(text) + "\n";
    [[maybe_unused]] const ssize_t written = ::write(fd.get(), line.data(), line.size());
}

std::vector<KernelLine> kernel_log()
{
    std::vector<KernelLine> lines;
    read_all(Fd::open(node, O_RDONLY | O_NONBLOCK), lines);
    return lines;
}

KernelLogTail::KernelLogTail() : fd_(Fd::open(node, O_RDONLY | O_NONBLOCK))
{
    lseek(fd_.get(), 0, SEEK_END);
}

void KernelLogTail::poll()
{
    read_all(fd_, lines_);
}

} // namespace guest
