// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/smmuv3_program.hpp"

namespace soc::test {

namespace {

constexpr const char *options[] = {
    "",
    "stages=1,sid-bits=6,strtab-levels=1,httu=1",
    "stages=2,granules=16k",
    "granules=64k,stall=forced,asid-bits=8,vmid-bits=8",
    "ssid-bits=0,stall=off,httu=0,ats=off,ril=off,msi=off,oas=36,hyp=off",
};
// A CMD_SYNC waits for ATS some rounds; a whole queue of them comes to far less than this.
constexpr unsigned too_many_rounds = 1'000'000;
constexpr uint64_t intermediate = 1_GiB;  // the nested stream's intermediate addresses lie so far below the physical
constexpr uint16_t vmid = 5;

}  // namespace

unsigned SmmuMachine::option_count()
{
    return std::size(options);
}

SmmuMachine::SmmuMachine(unsigned option)
{
    host_.ram(ram, ram_size);
    smmu_ = make_iommu(host_, "soc-smmuv3", parse_options(options[option % option_count()]));
    driver_.emplace(host_, *smmu_, frames_, 4);
    driver_->probe();
    const bool two_levels = driver_->sid_bits() > 8;
    const uint32_t idr5 = driver_->read(SmmuDriver::idr5);
    const uint64_t granule = idr5 & 0x10 ? 4_KiB : idr5 & 0x20 ? 16_KiB : 64_KiB;
    FakeMemory &memory = host_.memory();

    LpaeTable first(memory, frames_, {.granule = granule, .input_bits = 36});
    LpaeTable second(memory, frames_, {.stage = 2, .granule = granule, .input_bits = 36});
    LpaeTable inner(memory, frames_, {.granule = granule, .input_bits = 36, .memory_offset = intermediate});
    map(first, iova, data);
    map(second, iova, data);
    for (uint64_t done = 0; done < ram_size; done += granule)
        second.map(ram - intermediate + done, ram + done, granule);
    map(inner, iova, data - intermediate);
    descriptors_.push_back(second.descriptor_address(ram - intermediate, 3));

    const auto cd = [&](const LpaeTable &table, uint16_t asid) {
        return CdBuilder().table0(table.root(), table.granule_shift(), 36).asid(asid).set(cd_field::HA, 1).set(
            cd_field::HD, 1);
    };
    ContextTable many(memory, frames_, ContextTable::Format::two_level_4k, 7);
    many.set(0, cd(first, 1).words());
    many.set(substream, cd(first, 2).words());
    ContextTable own(memory, frames_, ContextTable::Format::linear, 0, 0 - intermediate);
    own.set(0, cd(inner, 3).words());
    ContextTable stalls(memory, frames_, ContextTable::Format::linear, 0);
    stalls.set(0, cd(first, 4).set(cd_field::S, 1).words());
    contexts_ = {many.descriptor_address(0), many.descriptor_address(substream), own.descriptor_address(0),
                 stalls.descriptor_address(0)};
    level1_contexts_ = {many.level1_address(0), many.level1_address(64)};

    const SteBuilder::Stage2 stage2{.table = second.root(), .granule_shift = second.granule_shift(), .input_bits = 36,
                                    .start_level = second.start_level(), .output_bits = 40, .vmid = vmid};
    const smmuv3::SteWords words[] = {
        SteBuilder().stage1(many).set(ste_field::EATS, 1).set(ste_field::S1DSS, 2).words(),
        SteBuilder().stage2(stage2).words(),
        SteBuilder().stage1(own).stage2(stage2).words(),
        SteBuilder().bypass().words(),
        SteBuilder().stage1(stalls).words(),
    };
    for (uint32_t sid = s1; sid <= stalling; ++sid) {
        driver_->set_stream(sid, words[sid - s1]);
        entries_.push_back(driver_->streams().entry_address(sid));
    }
    if (two_levels)
        level1_entries_ = {driver_->streams().level1_address(s1), driver_->streams().level1_address(0x100)};
    else
        level1_entries_ = {driver_->streams().entry_address(6)};
}

// Two pages, and the descriptors on their way.
void SmmuMachine::map(LpaeTable &table, uint64_t input, uint64_t output)
{
    const uint64_t page = table.shape().granule;
    table.map(input, output, page);
    table.map(input + page, output + page, page, {.perm = Perm::r, .dirty_managed = true});
    for (unsigned level = table.start_level(); level <= 3; ++level)
        descriptors_.push_back(table.descriptor_address(input, level));
    descriptors_.push_back(table.descriptor_address(input + page, 3));
}

void SmmuMachine::settle()
{
    for (unsigned round = 0; host_.run_deferred(*smmu_); ++round)
        if (round > too_many_rounds)
            broken("deferred work without end");
}

void SmmuMachine::everything(std::vector<uint8_t> &out)
{
    const std::vector<uint8_t> state = saved(*smmu_);
    out.assign(state.begin(), state.end());
    for (const size_t done : {host_.unmaps.size(), host_.msis.size(), host_.ends.size(), host_.messages.size()})
        out.push_back(uint8_t(done));
    const size_t size = out.size();
    out.resize(size + ram_size);
    host_.memory().read(ram, out.data() + size, ram_size);
}

void SmmuMachine::check_translation(const Transaction &txn, bool look)
{
    Transaction debug = txn;
    debug.debug = true;
    // Kept from run to run: new memory of this size is dearer than all that is tested.
    static std::vector<uint8_t> before, after;
    if (look)
        everything(before);
    const TranslateResult seen = smmu_->translate(debug);
    if (look) {
        everything(after);
        if (after != before)
            broken("a debugger's access changed something");
    }
    const TranslateResult answer = smmu_->translate(txn);
    const auto *translation = std::get_if<Translation>(&answer);
    if (translation && (translation->address ^ txn.address) & translation->mask)
        broken("the offset in the block changed");
    // ATS says of what is not mapped only that nothing is allowed.
    if (translation && translation->perm != Perm::none && translation->address >> 52)
        broken("no such physical address");
    // Tables may lie in themselves or in a queue: then the access itself changes what they say, and what a debugger
    // sees next.
    const auto place = [](const TranslateResult &result) {
        const auto *found = std::get_if<Translation>(&result);
        return found ? std::optional(found->address) : std::nullopt;
    };
    const bool changed = place(answer) != place(seen) && place(answer) == place(smmu_->translate(debug));
    check_answer(txn, answer, changed ? answer : seen);
}

void SmmuMachine::translate(Input &in)
{
    SocTransaction raw{};
    raw.stream = uint32_t(in.take(2));
    raw.substream = uint32_t(in.take(3));
    raw.flags = uint32_t(in.take(2));
    raw.address = in.take(8);
    raw.tag = 1;
    Transaction txn = Transaction::from(raw);
    txn.debug = false;
    if (txn.ats_request || txn.ats_translated)
        txn.may_hold = false;  // PCIe does not wait
    check_translation(txn, translations_++ % 16 == 0);
}

void SmmuMachine::store(uint64_t address, Input &in, unsigned words)
{
    for (unsigned i = 0; i < words; ++i)
        host_.memory().store<uint64_t>(address + 8 * i, in.take(8));
}

void SmmuMachine::step(SmmuStep step, Input &in)
{
    const auto slot = [&](const std::vector<uint64_t> &of) { return of[in.take(1) % of.size()]; };
    switch (step) {
    case SmmuStep::command: {
        const uint64_t first = in.take(8);
        driver_->command({first, in.take(8)});
        break;
    }
    case SmmuStep::entry:
        store(driver_->commands().base + in.take(1) % (1u << driver_->commands().log2size) * 16, in, 2);
        break;
    case SmmuStep::prod:
        driver_->write(SmmuDriver::cmdq_prod, uint32_t(in.take(3)));
        break;
    case SmmuStep::write: {
        const uint64_t offset = in.take(3), width = 1u << in.take(1) % 4;
        smmu_->mmio_write(0, offset, in.take(8), unsigned(width));
        smmu_->mmio_read(0, offset, unsigned(width));
        break;
    }
    case SmmuStep::acknowledge:
        driver_->write(SmmuDriver::gerrorn, driver_->read(SmmuDriver::gerror));
        driver_->take_all_events();
        break;
    case SmmuStep::ste:
        store(slot(entries_), in, 8);
        break;
    case SmmuStep::level1_ste:
        store(slot(level1_entries_), in, 1);
        break;
    case SmmuStep::cd:
        store(slot(contexts_), in, 8);
        break;
    case SmmuStep::level1_cd:
        store(slot(level1_contexts_), in, 1);
        break;
    case SmmuStep::descriptor:
        store(slot(descriptors_), in, 1);
        break;
    case SmmuStep::poke:
        store(ram + in.take(3) * 8 % ram_size, in, 1);
        break;
    case SmmuStep::translate:
        translate(in);
        break;
    case SmmuStep::message: {
        SocMessage msg{};
        msg.type = uint32_t(in.take(1));
        msg.stream = uint32_t(in.take(2));
        msg.substream = uint32_t(in.take(3));
        msg.flags = uint32_t(in.take(2));
        msg.address = in.take(8);
        msg.tag = uint32_t(in.take(2));
        msg.response = uint32_t(in.take(1));
        smmu_->message(msg);
        break;
    }
    case SmmuStep::forget:
        driver_->command(SmmuDriver::cfgi_all());
        driver_->command(SmmuDriver::tlbi_nsnh_all());
        driver_->command({0x46, 0});
        settle();
        break;
    case SmmuStep::deferred:
        host_.run_deferred(*smmu_);
        break;
    case SmmuStep::settle:
        settle();
        break;
    case SmmuStep::save_load:
        check_state(*smmu_);
        break;
    }
    // What a step did to the host is bounded; what all do together need not be remembered.
    if (host_.unmaps.size() + host_.msis.size() + host_.ends.size() + host_.messages.size() > 100'000)
        broken("one step went on and on");
    host_.unmaps.clear();
    host_.msis.clear();
    host_.ends.clear();
    host_.messages.clear();
    host_.message_ports.clear();
}

}  // namespace soc::test
