// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace qtest {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto time_limit = 60s;  // generous: sanitizers, a loaded machine

std::string environment(const char *name, const char *otherwise)
{
    const char *value = std::getenv(name);
    return value && *value ? value : otherwise;
}

fs::path new_folder()
{
    std::string name = fs::temp_directory_path() / "soc-iommu-qtest-XXXXXX";
    if (!mkdtemp(name.data()))
        throw std::runtime_error("no temporary folder: " + name);
    return name;
}

Arguments command_line(const Arguments &machine, const std::string &plugin, const Arguments &devices)
{
    const bool powerpc = std::find(machine.begin(), machine.end(), "ppce500") != machine.end();
    Arguments all = {powerpc ? environment("SOC_IOMMU_QEMU_PPC64", "qemu-system-ppc64")
                             : environment("SOC_IOMMU_QEMU", "qemu-system-aarch64"), "-nodefaults", "-display", "none",
                     "-cpu", "max", "-m", "64M", "-accel", "tcg", "-S", "-d", "guest_errors,unimp"};
    all.insert(all.end(), machine.begin(), machine.end());
    all.insert(all.end(), {"-plugin", "file=" + plugin});
    all.insert(all.end(), devices.begin(), devices.end());
    return all;
}

pid_t start(const Arguments &arguments, const fs::path &output)
{
    std::vector<char *> argv;
    for (const std::string &argument : arguments)
        argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    const std::string preload = environment("SOC_IOMMU_PRELOAD", "");
    const pid_t pid = fork();
    if (pid < 0)
        throw std::runtime_error("fork failed");
    if (pid == 0) {
        const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        const int null = open("/dev/null", O_RDONLY);
        dup2(null, STDIN_FILENO);
        if (!preload.empty())
            setenv("LD_PRELOAD", preload.c_str(), 1);
        execvp(argv[0], argv.data());
        std::perror(argv[0]);
        _exit(127);
    }
    return pid;
}

int status_of(int raw)
{
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

// Waits for the end; kills what does not end in time.
int wait_for(pid_t pid)
{
    const auto limit = std::chrono::steady_clock::now() + time_limit;
    int raw = 0;
    while (waitpid(pid, &raw, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > limit) {
            kill(pid, SIGKILL);
            waitpid(pid, &raw, 0);
            break;
        }
        std::this_thread::sleep_for(2ms);
    }
    return status_of(raw);
}

std::string text_of(const fs::path &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// What QEMU says, or a sanitizer in it.
void must_be_clean(const std::string &output)
{
    for (const char *trouble : {"runtime error:", "AddressSanitizer", "Assertion"})
        if (output.find(trouble) != std::string::npos)
            throw std::runtime_error("QEMU printed:\n" + output);
}

}  // namespace

std::string plugin_path()
{
    return environment("SOC_IOMMU_PLUGIN", "soc-iommu-plugin.so");
}

Line::~Line()
{
    close(listener_);
    close(connection_);
}

void Line::listen(const fs::path &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener_, reinterpret_cast<sockaddr *>(&address), sizeof address) || ::listen(listener_, 1))
        throw std::runtime_error("cannot listen on " + path.string());
}

void Line::accept(pid_t peer)
{
    const auto limit = std::chrono::steady_clock::now() + time_limit;
    pollfd wait{listener_, POLLIN, 0};
    while (poll(&wait, 1, 20) == 0) {
        siginfo_t info{};
        waitid(P_PID, id_t(peer), &info, WEXITED | WNOHANG | WNOWAIT);
        if (info.si_pid || std::chrono::steady_clock::now() > limit)
            throw std::runtime_error("QEMU ended, or hangs, before it connected");
    }
    connection_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
}

void Line::send(const std::string &text)
{
    const std::string line = text + "\n";
    for (size_t done = 0; done < line.size();) {
        const ssize_t sent = ::send(connection_, line.data() + done, line.size() - done, MSG_NOSIGNAL);
        if (sent <= 0)
            throw std::runtime_error("QEMU is gone; it was told: " + text.substr(0, 200));
        done += size_t(sent);
    }
}

std::string Line::receive()
{
    size_t end;
    while ((end = pending_.find('\n')) == std::string::npos) {
        pollfd wait{connection_, POLLIN, 0};
        if (poll(&wait, 1, int(std::chrono::milliseconds(time_limit).count())) <= 0)
            throw std::runtime_error("QEMU does not answer");
        std::array<char, 65536> chunk;
        const ssize_t got = recv(connection_, chunk.data(), chunk.size(), 0);
        if (got <= 0)
            throw std::runtime_error("QEMU is gone");
        pending_.append(chunk.data(), size_t(got));
    }
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    return line;
}

Machine::Machine(const Arguments &devices, const Arguments &machine) : folder_(new_folder())
{
    try {
        connect(command_line(machine, plugin_path(), devices));
    } catch (const std::exception &failure) {
        const std::string text = std::string(failure.what()) + "\n" + output();
        discard();
        throw std::runtime_error(text);
    }
}

void Machine::connect(Arguments arguments)
{
    qtest_.listen(folder_ / "qtest");
    qmp_.listen(folder_ / "qmp");
    arguments.insert(arguments.end(), {"-qtest", "unix:" + (folder_ / "qtest").string(), "-qtest-log", "none",
                                       "-qmp", "unix:" + (folder_ / "qmp").string()});
    pid_ = start(arguments, folder_ / "output");
    qtest_.accept(pid_);
    qmp_.accept(pid_);
    qmp_.receive();
    qmp("qmp_capabilities");
}

void Machine::discard()
{
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Machine::~Machine()
{
    discard();
}

Ending Machine::ends(const Arguments &devices, const std::string &plugin, const Arguments &machine)
{
    const fs::path folder = new_folder();
    const pid_t pid = start(command_line(machine, plugin, devices), folder / "output");
    Ending ending{wait_for(pid), text_of(folder / "output")};
    fs::remove_all(folder);
    must_be_clean(ending.output);
    return ending;
}

std::string Machine::ask(const std::string &command)
{
    qtest_.send(command);
    const std::string answer = qtest_.receive();
    if (answer.rfind("OK", 0) != 0)
        throw std::runtime_error(command + ": " + answer);
    return answer.size() > 3 ? answer.substr(3) : "";
}

namespace {

char letter(unsigned size)
{
    switch (size) {
    case 1: return 'b';
    case 2: return 'w';
    case 4: return 'l';
    case 8: return 'q';
    default: throw std::runtime_error("no such width");
    }
}

std::string hex(uint64_t value)
{
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

}  // namespace

uint64_t Machine::read(uint64_t address, unsigned size)
{
    return std::stoull(ask(std::string("read") + letter(size) + " " + hex(address)), nullptr, 16);
}

void Machine::write(uint64_t address, unsigned size, uint64_t value)
{
    ask(std::string("write") + letter(size) + " " + hex(address) + " " + hex(value));
}

uint32_t Machine::little32(uint64_t address)
{
    const auto data = bytes(address, 4);
    return data.at(0) | data.at(1) << 8 | data.at(2) << 16 | uint32_t(data.at(3)) << 24;
}

void Machine::little32(uint64_t address, uint32_t value)
{
    fill(address, {uint8_t(value), uint8_t(value >> 8), uint8_t(value >> 16), uint8_t(value >> 24)});
}

std::vector<uint8_t> Machine::bytes(uint64_t address, size_t size)
{
    const std::string text = ask("read " + hex(address) + " " + hex(size));
    std::vector<uint8_t> data;
    for (size_t i = 2; i + 1 < text.size(); i += 2)
        data.push_back(uint8_t(std::stoul(text.substr(i, 2), nullptr, 16)));
    return data;
}

void Machine::fill(uint64_t address, const std::vector<uint8_t> &data)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = "write " + hex(address) + " " + hex(data.size()) + " 0x";
    for (const uint8_t byte : data)
        text += {digits[byte >> 4], digits[byte & 15]};
    ask(text);
}

Json Machine::qmp(const std::string &command, const Json &arguments)
{
    Json request = {{"execute", command}};
    if (!arguments.empty())
        request["arguments"] = arguments;
    qmp_.send(request.dump());
    for (;;) {
        const Json answer = next_message();
        if (answer.contains("error"))
            throw std::runtime_error(command + ": " + answer["error"]["desc"].get<std::string>());
        if (answer.contains("return"))
            return answer["return"];
    }
}

Json Machine::next_message()
{
    Json message = Json::parse(qmp_.receive());
    if (message.contains("event"))
        events_.push_back(message["event"]);
    return message;
}

void Machine::wait_event(const std::string &name)
{
    for (;;) {
        const auto found = std::find(events_.begin(), events_.end(), name);
        if (found != events_.end()) {
            events_.erase(found);
            return;
        }
        next_message();
    }
}

Json Machine::get(const std::string &id, const std::string &property)
{
    return qmp("qom-get", {{"path", "/machine/peripheral/" + id}, {"property", property}});
}

bool Machine::interrupt_pending(const std::string &id)
{
    constexpr uint64_t distributor = 0x08000000, pending = 0x200;  // GICD_ISPENDR
    const unsigned number = 32 + get(id, "spi").get<unsigned>();
    return read32(distributor + pending + number / 32 * 4) >> (number % 32) & 1;
}

void Machine::reset()
{
    qmp("system_reset");
    wait_event("RESET");
}

std::string Machine::output() const
{
    return text_of(folder_ / "output");
}

int Machine::quit()
{
    qmp_.send(R"({"execute": "quit"})");
    const int status = wait_for(pid_);
    pid_ = -1;
    must_be_clean(output());
    return status;
}

}  // namespace qtest
