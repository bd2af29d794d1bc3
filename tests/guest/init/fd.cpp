// SPDX-License-Identifier: GPL-2.0-or-later
#include "fd.hpp"

#include "failure.hpp"

#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace guest
{

std::string errno_name(int error)
{
    const char *name = strerrorname_np(error);
    return name ? name : std::to_string(error);
}

Fd &Fd::operator=(Fd &&other) noexcept
{
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

Fd Fd::open(const std::string &path, int flags)
{
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) {
        fail_errno("open " + path);
    }
    return Fd(fd);
}

void Fd::close()
{
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
}

Mapping &Mapping::operator=(Mapping &&other) noexcept
{
    if (this != &other) {
        unmap();
        address_ = std::exchange(other.address_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Mapping Mapping::of_file(const Fd &fd, uint64_t offset, size_t size, const std::string &what)
{
    void *address =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), static_cast<off_t>(offset));
    if (address == MAP_FAILED) {
        fail_errno("mmap " + what);
    }
    return Mapping(address, size);
}

Mapping Mapping::of_memory(size_t size, int flags)
{
    void *address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (address == MAP_FAILED) {
        fail_errno("mmap of memory");
    }
    return Mapping(address, size);
}

Mapping Mapping::anonymous(size_t size)
{
    return of_memory(size, MAP_POPULATE);
}

Mapping Mapping::untouched(size_t size)
{
    return of_memory(size, 0);
}

void Mapping::unmap()
{
    if (address_) {
        munmap(std::exchange(address_, nullptr), std::exchange(size_, 0));
    }
}

} // namespace guest
