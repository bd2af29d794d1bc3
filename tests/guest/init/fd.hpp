// SPDX-License-Identifier: GPL-2.0-or-later
// Owners of file descriptors and of mappings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <sys/types.h>

namespace guest
{

// VFIO and the test module number what they have in the bits above 32 of a file's offset.
static_assert(sizeof(off_t) == 8, "a 32-bit guest needs -D_FILE_OFFSET_BITS=64");

class Fd
{
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd &operator=(Fd &&other) noexcept;
    ~Fd() { close(); }

    // Throws Failure.
    static Fd open(const std::string &path, int flags);

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void close();

private:
    int fd_ = -1;
};

class Mapping
{
public:
    Mapping() = default;
    Mapping(Mapping &&other) noexcept
        : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0))
    {
    }
    Mapping &operator=(Mapping &&other) noexcept;
    ~Mapping() { unmap(); }

    // Throw Failure.
    static Mapping of_file(const Fd &fd, uint64_t offset, size_t size, const std::string &what);
    static Mapping anonymous(size_t size); // every page there from the start
    static Mapping untouched(size_t size); // pages come with their first access

    uint8_t *data() const { return static_cast<uint8_t *>(address_); }
    size_t size() const { return size_; }
    explicit operator bool() const { return address_ != nullptr; }
    void unmap();
    uint8_t *release() // what is mapped stays so
    {
        size_ = 0;
        return static_cast<uint8_t *>(std::exchange(address_, nullptr));
    }

private:
    Mapping(void *address, size_t size) : address_(address), size_(size) {}
    static Mapping of_memory(size_t size, int flags);

    void *address_ = nullptr;
    size_t size_ = 0;
};

} // namespace guest
