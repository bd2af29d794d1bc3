// Translations on several threads while software changes tables and configuration. Most of its worth it has under
// ThreadSanitizer.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <thread>

#include "catch.hpp"
#include "unit/smmuv3_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr unsigned masters = 2, pages = 64, rounds = 60;

uint64_t address(unsigned page) { return Smmu::iova + page * Smmu::page; }

// What two masters see while the main thread, which holds the big lock, works.
struct Watched : Smmu {
    Watched()
    {
        for (unsigned page = 0; page < pages; ++page)
            first.map(address(page), data + page * Smmu::page, Smmu::page);
        put_context(context());
        for (uint32_t sid = 1; sid <= masters; ++sid)
            driver.set_stream(sid, stage1().words());
    }

    // Runs `work` while masters translate; `check` sees each answer.
    template <typename Check, typename Work>
    void watch(Check check, Work work)
    {
        std::atomic<bool> stop{false};
        std::atomic<unsigned> wrong{0}, asked{0};
        std::vector<std::thread> threads;
        for (uint32_t sid = 1; sid <= masters; ++sid)
            threads.emplace_back([&, sid] {
                for (unsigned i = 0; !stop; ++i) {
                    Transaction txn = transaction(address(i % pages), i & 64 ? Access::write : Access::read, sid);
                    txn.may_hold = true;
                    wrong += !check(i % pages, iommu->translate(txn));
                    ++asked;
                }
            });
        for (unsigned round = 0; round < rounds; ++round) {
            const unsigned before = asked;
            work(round);
            while (asked < before + pages)
                std::this_thread::yield();
        }
        stop = true;
        for (std::thread &thread : threads)
            thread.join();
        CHECK(wrong == 0);
    }
};

}  // namespace

TEST_CASE("smmuv3: after a CMD_SYNC no thread finds what was invalidated before it", "[threads]")
{
    Watched smmu;
    const auto place = [](unsigned page, unsigned where) { return Smmu::data + where * 1_MiB + page * Smmu::page; };
    smmu.watch(
        [&](unsigned page, const TranslateResult &result) {
            const auto *found = std::get_if<Translation>(&result);
            return found && (found->address == place(page, 0) || found->address == place(page, 1));
        },
        [&](unsigned round) {
            const unsigned where = (round + 1) % 2;
            for (unsigned page = 0; page < pages; ++page)
                smmu.first.map(address(page), place(page, where), Smmu::page);
            if (round % 3)
                smmu.driver.command(SmmuDriver::tlbi_nh_asid(Smmu::asid));
            else
                for (unsigned page = 0; page < pages; ++page)
                    smmu.driver.command(SmmuDriver::tlbi_nh_va(Smmu::asid, address(page)));
            REQUIRE(smmu.driver.sync());
            // The masters go on meanwhile: what they put into the caches since is new as well.
            for (unsigned page = 0; page < pages; ++page)
                REQUIRE(smmu.at(address(page)) == place(page, where));
        });
    CHECK(smmu.counter("faults") == 0);
}

TEST_CASE("smmuv3: a stream's configuration changes under running masters", "[threads]")
{
    Watched smmu;
    smmu.watch(
        [&](unsigned page, const TranslateResult &result) {
            if (const auto *fault = std::get_if<Fault>(&result))
                return fault->kind == FaultKind::disabled;
            const auto *found = std::get_if<Translation>(&result);
            return found && (found->address == Smmu::data + page * Smmu::page || found->address == address(page));
        },
        [&](unsigned round) {
            const auto words = round % 3 == 0   ? SteBuilder().words()
                               : round % 3 == 1 ? SteBuilder().bypass().words()
                                                : smmu.stage1().words();
            // As Linux does: invalid between two configurations would be an event, so V goes last and stays.
            for (uint32_t sid = 1; sid <= masters; ++sid) {
                smmu.driver.streams().set(sid, SteBuilder().words());
                smmu.driver.issue(SmmuDriver::cfgi_ste(sid));
                smmu.driver.set_stream(sid, words);
            }
            const auto at = smmu.at(address(5));
            if (round % 3 == 0)
                REQUIRE_FALSE(at);
            else
                REQUIRE(at == (round % 3 == 1 ? address(5) : Smmu::data + 5 * Smmu::page));
        });
}

TEST_CASE("smmuv3: stalls of several threads are all ended, by RESUME and by SMMUEN", "[threads]")
{
    Watched smmu;
    smmu.put_context(smmu.context().set(cd_field::S, 1));
    smmu.driver.issue(SmmuDriver::cfgi_all());
    std::atomic<unsigned> held{0};
    smmu.watch(
        [&](unsigned, const TranslateResult &result) {
            held += std::holds_alternative<Held>(result);
            return true;
        },
        [&](unsigned round) {
            if (round % 2)
                smmu.first.map(address(3), Smmu::data, Smmu::page);
            else
                smmu.first.unmap(address(3), Smmu::page);
            smmu.driver.issue(SmmuDriver::tlbi_nh_va(Smmu::asid, address(3)));
            for (unsigned left = 32; left > 0; --left)
                if (const auto event = smmu.event(); event && event->stall)
                    smmu.driver.issue(SmmuDriver::resume(event->stream, event->stag, round % 2));
            if (round == rounds / 2) {
                const uint32_t enables = smmu.driver.read(SmmuDriver::cr0);
                smmu.driver.write(SmmuDriver::cr0, enables & ~1u);
                smmu.driver.write(SmmuDriver::cr0, enables);
            }
        });
    smmu.driver.write(SmmuDriver::cr0, 0);
    CHECK(held > 0);
    CHECK(smmu.host.ends.size() == held);
}
