// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace guest
{

std::optional<std::string> read_file(const std::string &path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 4096> block;
    ssize_t got;
    while ((got = ::read(fd, block.data(), block.size())) > 0) {
        text.append(block.data(), static_cast<size_t>(got));
    }
    ::close(fd);
    if (got < 0) {
        return std::nullopt;
    }
    return text;
}

int write_file(const std::string &path, std::string_view text)
{
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    const int error = ::write(fd, text.data(), text.size()) < 0 ? errno : 0;
    ::close(fd);
    return error;
}

bool exists(const std::string &path)
{
    return ::access(path.c_str(), F_OK) == 0;
}

std::vector<std::string> list_directory(const std::string &path)
{
    std::vector<std::string> names;
    if (DIR *directory = opendir(path.c_str())) {
        while (const dirent *entry = readdir(directory)) {
            const std::string name = entry->d_name;
            if (name != "." && name != "..") {
                names.push_back(name);
            }
        }
        closedir(directory);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string link_target_name(const std::string &path)
{
    std::array<char, 1024> target;
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    if (length < 0) {
        return {};
    }
    const std::string whole(target.data(), static_cast<size_t>(length));
    return whole.substr(whole.rfind('/') + 1);
}

std::string device_node(const std::string &sysfs_directory, bool block)
{
    const auto text = read_file(sysfs_directory + "/dev");
    unsigned major_number = 0;
    unsigned minor_number = 0;
    if (!text || sscanf(text->c_str(), "%u:%u", &major_number, &minor_number) != 2) {
        throw Failure{ENODEV, sysfs_directory + "/dev does not exist"};
    }
    const std::string node = format("/dev/%c%u-%u", block ? 'b' : 'c', major_number, minor_number);
    if (mknod(node.c_str(), (block ? S_IFBLK : S_IFCHR) | 0600, makedev(major_number, minor_number)) < 0 &&
        errno != EEXIST) {
        fail_errno("mknod " + node);
    }
    return node;
}

} // namespace guest
