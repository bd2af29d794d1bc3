// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "kernel_log.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace guest
{
namespace
{

void mount_one(const char *type, const char *where)
{
    mkdir(where, 0755);
    if (mount(type, where, type, 0, nullptr) < 0 && errno != EBUSY) {
        fail_errno(std::string("mount ") + where);
    }
}

void make_character(const char *path, unsigned major_number, unsigned minor_number)
{
    if (mknod(path, S_IFCHR | 0600, makedev(major_number, minor_number)) < 0 && errno != EEXIST) {
        fail_errno(std::string("mknod ") + path);
    }
}

} // namespace

void mount_filesystems(bool with_all_nodes)
{
    mount_one("proc", "/proc");
    mount_one("sysfs", "/sys");
    // A person wants every node by name; the scenarios make the few that they use.
    mount_one(with_all_nodes ? "devtmpfs" : "tmpfs", "/dev");
    make_character("/dev/kmsg", 1, 11);
    make_character("/dev/null", 1, 3);
    make_character("/dev/console", 5, 1);
}

void run_shell()
{
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        const int console = open("/dev/console", O_RDWR);
        if (console >= 0) {
            ioctl(console, TIOCSCTTY, 1);
            for (int fd = 0; fd < 3; fd++) {
                dup2(console, fd);
            }
        }
        setenv("PATH", "/bin:/sbin", 1);
        setenv("HOME", "/", 1);
        execl("/bin/busybox", "sh", "-l", nullptr);
        log_line("# soc-iommu error /bin/busybox: " + errno_name(errno));
        _exit(1);
    }
    // Process 1 also inherits orphans.
    while (wait(nullptr) != child && errno != ECHILD) {
    }
}

void power_off(bool stuck)
{
    // No sync(): nothing is kept, and a disk that never answers would hold it for ever.
    if (fork() == 0) {
        reboot(RB_POWER_OFF);
        _exit(1);
    }
    sleep(stuck ? 2 : 10);
    // A process that hangs while it holds a device's lock stops the orderly way. This one asks no driver; the
    // machine was started with -no-reboot.
    write_file("/proc/sys/kernel/sysrq", "1");
    write_file("/proc/sysrq-trigger", "b");
    for (;;) {
        pause();
    }
}

} // namespace guest
