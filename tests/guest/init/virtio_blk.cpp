// SPDX-License-Identifier: GPL-2.0-or-later
// virtio-blk behind virtio-pci: the disk that disk_pattern.hpp describes, read and written past the cache.
#include "disk_pattern.hpp"
#include "failure.hpp"
#include "fd.hpp"
#include "files.hpp"
#include "kernel_master.hpp"
#include "modules.hpp"
#include "text.hpp"

#include <algorithm>
#include <vector>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace guest
{
namespace
{

constexpr uint64_t sectors_at_once = 128; // 64 KiB: several pages of any size

class VirtioBlk : public KernelMaster
{
public:
    VirtioBlk(Device device, unsigned reads) : device_(std::move(device)), reads_(reads) {}
    ~VirtioBlk() override { device_.unbind(); }

    void prepare() override
    {
        load_virtio_pci();
        load_module_if_present("virtio_blk");
    }

    std::string driver() const override { return "virtio-pci"; }

    void bind(Notes &notes) override
    {
        if (const int error = device_.bind(driver())) {
            throw Failure{error, "bind " + device_.name() + " to " + driver()};
        }
        // The block driver sits on the virtio bus and binds by itself.
        for (int waited = 0; disk_.empty() && waited < 1000; waited += 10) {
            for (const std::string &virtio : list_directory(device_.path())) {
                const auto disks = list_directory(device_.path() + "/" + virtio + "/block");
                if (virtio.starts_with("virtio") && !disks.empty()) {
                    disk_ = disks.front();
                }
            }
            const timespec pause = {0, disk_.empty() ? 10'000'000 : 0};
            nanosleep(&pause, nullptr);
        }
        if (disk_.empty()) {
            throw Failure{ENODEV, driver() + " bound, but no disk came of it"};
        }
        const std::string group = device_.group().value_or("");
        notes.add("driver=%s disk=%s type=%s", driver().c_str(), disk_.c_str(), group_type(group).c_str());
    }

    void dma(Notes &notes) override
    {
        const Fd fd = Fd::open(device_node("/sys/block/" + disk_, true), O_RDWR | O_DIRECT);
        Mapping memory = Mapping::anonymous(sectors_at_once * disk_sector_size);
        const std::span<uint64_t> words = {reinterpret_cast<uint64_t *>(memory.data()), memory.size() / 8};
        std::vector<uint64_t> expected(words.size());

        for (uint64_t sector : {uint64_t{0}, disk_sectors / 4, disk_sectors / 2 - sectors_at_once}) {
            disk_fill(sector, expected);
            read(fd, sector, words);
            compare(sector, words, expected, "as the host wrote it");
        }
        const uint64_t scratch = disk_sectors / 2 + sectors_at_once;
        for (uint64_t round = 1; round <= 2; round++) {
            disk_fill(scratch, expected);
            std::transform(expected.begin(), expected.end(), expected.begin(),
                           [&](uint64_t word) { return word ^ (0x5555555555555555u * round); });
            std::copy(expected.begin(), expected.end(), words.begin());
            if (pwrite(fd.get(), words.data(), words.size_bytes(), position(scratch)) !=
                static_cast<ssize_t>(words.size_bytes())) {
                fail_errno("write to " + disk_);
            }
            std::fill(words.begin(), words.end(), 0);
            read(fd, scratch, words);
            compare(scratch, words, expected, "as it was written");
        }
        notes.add("disk=%s read=%llu written=%llu", disk_.c_str(),
                  static_cast<unsigned long long>(5 * memory.size()),
                  static_cast<unsigned long long>(2 * memory.size()));
        if (reads_) {
            time_reads(fd, words.first(4096 / sizeof(uint64_t)), notes);
        }
    }

    void unbind(Notes &) override
    {
        disk_.clear();
        device_.unbind();
        if (!device_.driver().empty()) {
            fail(driver() + " did not let the device go");
        }
    }

private:
    static off_t position(uint64_t sector) { return static_cast<off_t>(sector * disk_sector_size); }

    void read(const Fd &fd, uint64_t sector, std::span<uint64_t> words) const
    {
        const ssize_t got = pread(fd.get(), words.data(), words.size_bytes(), position(sector));
        if (got < 0) {
            fail_errno("read of " + disk_);
        }
        if (got != static_cast<ssize_t>(words.size_bytes())) {
            fail(format("%s is too small: %llu sectors are needed", disk_.c_str(),
                        static_cast<unsigned long long>(disk_sectors)));
        }
    }

    void time_reads(const Fd &fd, std::span<uint64_t> words, Notes &notes) const
    {
        constexpr uint64_t step = 4096 / disk_sector_size;
        timespec begin = {}, end = {};
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (uint64_t i = 0; i < reads_; i++) {
            read(fd, i * step % (disk_sectors / 2), words);
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        const int64_t ns = (end.tv_sec - begin.tv_sec) * int64_t{1'000'000'000} + end.tv_nsec - begin.tv_nsec;
        notes.add("reads=%u ns_per_read=%lld", reads_, static_cast<long long>(ns / reads_));
    }

    static void compare(uint64_t sector, std::span<const uint64_t> words,
                        const std::vector<uint64_t> &expected, const char *how)
    {
        const auto [seen, wanted] = std::mismatch(words.begin(), words.end(), expected.begin());
        if (seen != words.end()) {
            const auto at = static_cast<uint64_t>(seen - words.begin());
            fail(format("sector %llu, word %llu is not %s: %s instead of %s",
                        static_cast<unsigned long long>(sector + at / disk_words),
                        static_cast<unsigned long long>(at % disk_words), how, hex(*seen).c_str(),
                        hex(*wanted).c_str()));
        }
    }

    Device device_;
    unsigned reads_;
    std::string disk_;
};

} // namespace

std::unique_ptr<KernelMaster> virtio_blk_master(const Device &device, unsigned reads)
{
    return std::make_unique<VirtioBlk>(device, reads);
}

} // namespace guest
