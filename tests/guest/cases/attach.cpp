// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.hpp"

using nlohmann::json;

namespace {

std::string program()
{
    if (const char *source = std::getenv("SOC_IOMMU_SOURCE"))
        return std::string(source) + "/scripts/soc-iommu";
    return SOC_IOMMU_SOURCE_ROOT "/scripts/soc-iommu";
}

// A name of its own, so that cases can run beside each other.
class TemporaryFile {
public:
    TemporaryFile()
    {
        const int fd = mkstemp(path_.data());
        REQUIRE(fd >= 0);
        close(fd);
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    const std::string &path() const { return path_; }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "soc-iommu-XXXXXX").string();
};

}  // namespace

Output command(const std::string &arguments)
{
    Output output;
    FILE *pipe = popen((program() + " " + arguments + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    std::array<char, 4096> buffer;
    while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe))
        output.text.append(buffer.data(), n);
    const int status = pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

Run attach(const std::string &arguments)
{
    const TemporaryFile file;
    const Output output = command("attach " + arguments + " --json " + file.path());
    Run run{.status = output.status, .cells = json::array(), .text = output.text};
    std::ifstream in(file.path());
    const json parsed = json::parse(in, nullptr, false);
    if (parsed.is_array())
        run.cells = parsed;
    return run;
}

const json &Run::api(const std::string &name) const
{
    for (const json &cell : cells)
        if (cell.at("api") == name)
            return cell;
    FAIL("no verdict for " << name << ", exit status " << status << ":\n" << text);
    std::abort();
}

std::string Run::verdict(const std::string &name) const
{
    return api(name).at("verdict");
}

std::string Run::outcome(const std::string &name) const
{
    const json &cell = api(name);
    std::string text = cell.at("verdict");
    if (!cell.at("at").is_null())
        text += " at " + cell.at("at").get<std::string>();
    if (!cell.at("errno").is_null())
        text += ": " + cell.at("errno").get<std::string>();
    return text;
}

std::string Run::detail(const std::string &name, const std::string &step, int session) const
{
    for (const json &record : api(name).at("steps"))
        if (record.at("step") == step && record.at("session") == session)
            return record.at("detail");
    return "";
}

void check_mutation(const Run &run, const std::string &api, const std::string &mutation, const std::string &anyway)
{
    INFO(mutation << "\n" << run.text);
    CHECK(run.verdict(api) == "broken");
    if (anyway.empty())
        CHECK(run.api(api).at("at") == mutation);
    bool seen = false;
    for (const auto &step : run.api(api).at("steps")) {
        INFO(step.dump());
        const std::string name = step.at("step");
        const bool broken = name == mutation || name == anyway || (mutation == "isolation" && name == "stale");
        CHECK((step.at("result") == "ok") == !broken);
        seen |= name == mutation;
    }
    CHECK(seen);
}
