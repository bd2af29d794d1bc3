// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/program.hpp"

#include "conformance/bench.hpp"
#include "fuzz/input.hpp"
#include "fuzz/target.hpp"
#include "soc-iommu/registry.hpp"

namespace soc::test {

namespace {

constexpr unsigned max_steps = 400;
constexpr uint64_t ram_page = 4_KiB;

// Bytes that each step's arguments take, in order.
constexpr uint8_t widths[][5] = {
    {1, 3, 1},     // read
    {1, 3, 1, 8},  // write
    {3, 8},        // poke
    {3, 2, 8},     // entry
    {2, 2, 8, 1},  // translate
    {1},           // attach
    {1, 2, 2, 1},  // map
    {1, 2},        // unmap
    {1},           // invalidate
    {},            // deferred
    {},            // reset
    {},            // save_load
};
static_assert(std::size(widths) == size_t(Step::count));

// A device with RAM; an IOMMU also with its adapter.
class Machine {
public:
    Machine(const std::string &type, const std::string &options)
    {
        host_.ram(suite_ram, suite_ram_size);
        device_ = make_device(host_, type, parse_options(options));
        iommu_ = dynamic_cast<Iommu *>(device_.get());
        fresh_ = saved(*device_);
    }
    void adapt(const AdapterEntry &entry, const std::string &options)
    {
        adapter_ = entry.make(host_, *iommu_, parse_options(options));
        adapter_->probe();
    }

    bool step(Step step, const uint64_t (&a)[5]);

private:
    void translate(const uint64_t (&a)[5]);
    uint64_t ram_word(uint64_t number) const { return suite_ram + number * 8 % suite_ram_size; }
    uint64_t begin() const { return adapter_ ? adapter_->input_begin() : 0; }
    uint32_t stream(uint64_t number) const { return uint32_t(number % iommu_->shape().streams); }

    FakeHost host_;
    std::unique_ptr<Device> device_;
    Iommu *iommu_ = nullptr;
    std::unique_ptr<Adapter> adapter_;
    std::vector<uint8_t> fresh_;
    unsigned translations_ = 0;
};

void Machine::translate(const uint64_t (&a)[5])
{
    if (!iommu_)
        return;
    Transaction txn = Transaction::from({.address = begin() + a[2], .stream = uint32_t(a[0] % 300),
                                         .substream = uint32_t(a[3]), .flags = uint32_t(a[1]), .tag = 1});
    // What a debugger sees is what the device gets, and leaves no trace.
    txn.debug = true;
    const bool look = translations_++ % 16 == 0;  // saving state is the dear part of a run
    const std::vector<uint8_t> before = look ? saved(*device_) : std::vector<uint8_t>{};
    const TranslateResult seen = iommu_->translate(txn);
    if (look && saved(*device_) != before)
        broken("a debugger's access changed the state");
    txn.debug = false;
    check_answer(txn, iommu_->translate(txn), seen);
}

bool Machine::step(Step step, const uint64_t (&a)[5])
{
    const auto regions = device_->shape().regions.size();
    switch (step) {
    case Step::read:
        device_->mmio_read(unsigned(a[0] % regions), a[1], 1u << a[2] % 4);
        return true;
    case Step::write:
        device_->mmio_write(unsigned(a[0] % regions), a[1], a[3], 1u << a[2] % 4);
        return true;
    case Step::poke:
        host_.memory().store<uint64_t>(ram_word(a[0]), a[1]);
        return true;
    case Step::entry:
        host_.memory().store<uint64_t>(ram_word(a[0]), (suite_ram + a[1] * ram_page % suite_ram_size) >> a[2] % 5 |
                                                           (a[2] & ~0xff'ffff'fc00ull));
        return true;
    case Step::translate:
        translate(a);
        return true;
    case Step::deferred:
        host_.run_deferred(*device_);
        return true;
    case Step::reset:
        device_->reset();
        if (saved(*device_) != fresh_)
            broken("reset does not equal construction");
        return true;
    case Step::save_load:
        check_state(*device_);
        return true;
    default:
        break;
    }
    if (!adapter_)
        return false;
    try {
        switch (step) {
        case Step::attach:
            adapter_->attach(stream(a[0]));
            return true;
        case Step::map:
            adapter_->map(stream(a[0]), begin() + a[1] * adapter_->page_size(),
                          suite_ram + a[2] * adapter_->page_size() % suite_ram_size, adapter_->page_size(),
                          Perm(a[3] % 4));
            return true;
        case Step::unmap:
            adapter_->unmap(stream(a[0]), begin() + a[1] * adapter_->page_size(), adapter_->page_size());
            return true;
        case Step::invalidate:
            adapter_->invalidate(stream(a[0]));
            return true;
        default:
            return false;
        }
    } catch (const std::exception &) {
        return false;  // the helper's memory is used up, or its table was overwritten
    }
}

struct Choice {
    const AdapterEntry *adapter;
    std::string type, options;
};

const std::vector<Choice> &choices()
{
    static const std::vector<Choice> all = [] {
        std::vector<Choice> list;
        for (const Subject &subject : subjects())
            list.push_back({subject.adapter, subject.adapter->type, subject.options});
        for (const ModelType *type : model_types())
            if (type->kind == ModelKind::master)
                list.push_back({nullptr, type->name, ""});
        return list;
    }();
    return all;
}

}  // namespace

Program &Program::step(Step step, std::initializer_list<uint64_t> arguments)
{
    byte(uint64_t(step));
    unsigned number = 0;
    for (uint64_t argument : arguments) {
        for (unsigned i = 0; i < widths[size_t(step)][number]; ++i)
            byte(argument >> (8 * i));
        ++number;
    }
    return *this;
}

const Target models{"models", run, seeds};

unsigned subject_count()
{
    return unsigned(choices().size());
}

void run(std::span<const uint8_t> program)
{
    Input input(program);
    const Choice &choice = choices()[input.take(1) % choices().size()];
    Machine machine(choice.type, choice.options);
    if (choice.adapter)
        machine.adapt(*choice.adapter, choice.options);
    for (unsigned steps = 0; input.more() && steps < max_steps; ++steps) {
        const uint64_t step = input.take(1);
        if (step >= uint64_t(Step::count))
            return;
        uint64_t arguments[5] = {};
        for (unsigned i = 0; i < 5; ++i)
            arguments[i] = input.take(widths[step][i]);
        if (!machine.step(Step(step), arguments))
            return;
    }
}

}  // namespace soc::test
