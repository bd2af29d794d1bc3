// SPDX-License-Identifier: GPL-2.0-or-later
// Files, most of them in sysfs and proc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guest
{

std::optional<std::string> read_file(const std::string &path);
// The errno of the write, 0 for success. One write() call: sysfs takes no pieces.
int write_file(const std::string &path, std::string_view text);
bool exists(const std::string &path);
std::vector<std::string> list_directory(const std::string &path); // sorted, without . and ..
std::string link_target_name(const std::string &path);            // last part; empty where it is no link

// Makes the node for a sysfs directory that has a `dev` file, and returns its path. There is no udev here.
// Throws Failure.
std::string device_node(const std::string &sysfs_directory, bool block = false);

} // namespace guest
