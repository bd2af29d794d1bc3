// A real QEMU with the plugin loaded and no guest: memory and registers are read and written over QEMU's qtest
// socket, the rest is QMP. The CPU never runs (-S).
//
// Environment: SOC_IOMMU_QEMU (default qemu-system-aarch64), SOC_IOMMU_QEMU_PPC64 (default qemu-system-ppc64; for -M
// ppce500), SOC_IOMMU_PLUGIN (the plugin under test), SOC_IOMMU_PRELOAD (LD_PRELOAD of QEMU, for sanitizers).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <sys/types.h>

namespace qtest {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

constexpr uint64_t ram = 0x40000000;  // of the virt board

// A socket that QEMU connects to, line by line.
class Line {
public:
    ~Line();
    void listen(const std::filesystem::path &);
    void accept(pid_t peer);  // throws when the peer dies first
    void send(const std::string &);
    std::string receive();    // one line, without its end; throws on a closed socket or after the time limit

private:
    int listener_ = -1, connection_ = -1;
    std::string pending_;
};

// How a QEMU that was not meant to stay ended.
struct Ending {
    int status;          // exit status; 128 + n: killed by signal n
    std::string output;  // what it printed
};

std::string plugin_path();

class Machine {
public:
    // `devices`: what follows the machine's own options.
    explicit Machine(const Arguments &devices, const Arguments &machine = {"-M", "virt,gic-version=3"});
    ~Machine();
    Machine(const Machine &) = delete;

    // Runs a QEMU that is expected to end by itself.
    static Ending ends(const Arguments &devices, const std::string &plugin = plugin_path(),
                       const Arguments &machine = {"-M", "virt,gic-version=3"});

    uint64_t read(uint64_t address, unsigned size);  // 1, 2, 4 or 8
    void write(uint64_t address, unsigned size, uint64_t value);
    uint32_t read32(uint64_t address) { return uint32_t(read(address, 4)); }
    void write32(uint64_t address, uint32_t value) { write(address, 4, value); }
    void write64(uint64_t address, uint64_t value) { write(address, 8, value); }
    uint64_t read64(uint64_t address) { return read(address, 8); }
    // A word by its bytes, whatever the byte order of the machine is.
    uint32_t little32(uint64_t address);
    void little32(uint64_t address, uint32_t value);
    uint32_t big32(uint64_t address) { return __builtin_bswap32(little32(address)); }
    void big32(uint64_t address, uint32_t value) { little32(address, __builtin_bswap32(value)); }
    std::vector<uint8_t> bytes(uint64_t address, size_t size);
    void fill(uint64_t address, const std::vector<uint8_t> &data);

    // The answer's `return`; throws what QEMU says is wrong.
    Json qmp(const std::string &command, const Json &arguments = Json::object());
    Json get(const std::string &id, const std::string &property);  // qom-get of a -device with this id
    uint64_t address(const std::string &id) { return get(id, "address"); }
    // Whether the interrupt of this line is pending in the GIC's distributor.
    bool interrupt_pending(const std::string &id);
    void reset();
    // Lets one QMP event of this name come, or finds that it has.
    void wait_event(const std::string &name);

    // Everything QEMU has printed or logged (-d guest_errors,unimp) until now.
    std::string output() const;
    const std::filesystem::path &folder() const { return folder_; }
    pid_t pid() const { return pid_; }
    // Ends QEMU the ordinary way and returns its exit status.
    int quit();

private:
    void connect(Arguments);
    void discard();
    std::string ask(const std::string &command);
    Json next_message();  // an event is kept, too

    std::filesystem::path folder_;
    pid_t pid_ = -1;
    Line qtest_, qmp_;
    std::vector<std::string> events_;
};

}  // namespace qtest
