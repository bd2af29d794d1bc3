// SPDX-License-Identifier: GPL-2.0-or-later
//
// The /init that runs the kernel's iommufd selftests and powers off. Each line that a test program prints goes
// to /dev/kmsg as one record, so that results and kernel messages are in one order in one log.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

int kmsg = -1;

void record(const std::string& line)
{
    const std::string text = "<6>" + line + "\n";
    // A record that cannot be written has nowhere else to go.
    [[maybe_unused]] const auto written = write(kmsg, text.data(), text.size());
}

bool mounted(const char* type, const char* where)
{
    mkdir(where, 0755);
    if (mount(type, where, type, 0, nullptr) == 0 || errno == EBUSY) {
        return true;
    }
    record(std::string("# error mount ") + type + ": " + std::strerror(errno));
    return false;
}

std::string parameter(const std::string& name)
{
    std::ifstream file("/proc/cmdline");
    std::string word;
    while (file >> word) {
        if (word.rfind(name + "=", 0) == 0) {
            return word.substr(name.size() + 1);
        }
    }
    return "";
}

void run(const std::string& program)
{
    int ends[2];
    if (pipe(ends) != 0) {
        record("# error pipe");
        return;
    }
    record("# begin " + program);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        const std::string path = "/" + program;
        execl(path.c_str(), path.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    close(ends[1]);
    if (FILE* lines = fdopen(ends[0], "r")) {
        char line[900];
        while (std::fgets(line, sizeof line, lines)) {
            line[std::strcspn(line, "\n")] = '\0';
            record(line);
        }
        std::fclose(lines);
    }
    int status = 0;
    waitpid(child, &status, 0);
    record("# end " + program + " status " +
           std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
}

} // namespace

int main()
{
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
    kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    const bool ready = mounted("proc", "/proc") && mounted("sysfs", "/sys") && mounted("tmpfs", "/tmp") &&
                       // failslab's settings, which iommufd_fail_nth writes
                       mounted("debugfs", "/sys/kernel/debug");
    if (ready) {
        // The dirty-tracking fixtures map buffers of up to 128 MiB out of huge pages.
        std::ofstream("/proc/sys/vm/nr_hugepages") << parameter("soc_iommu.hugepages");
        std::string pages;
        std::ifstream("/proc/sys/vm/nr_hugepages") >> pages;
        record("# hugepages " + pages);
        std::istringstream programs(parameter("soc_iommu.selftest"));
        for (std::string program; std::getline(programs, program, ',');) {
            run(program);
        }
    }
    record("# soc-iommu end");
    reboot(RB_POWER_OFF);
}
