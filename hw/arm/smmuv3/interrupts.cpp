// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts.hpp"

#include <utility>

namespace soc::smmuv3 {

namespace {

constexpr uint32_t gerror_irqen = 1u << 0, priq_irqen = 1u << 1, eventq_irqen = 1u << 2;
constexpr uint32_t cfg2_attributes = 0x3f;    // SH and MemAttr
constexpr uint32_t cfg2_last_only = 1u << 31;  // PRIQ_IRQ_CFG2.LO
constexpr uint32_t sfm_err = 1u << 8;
constexpr uint64_t msi_address = 0x000f'ffff'ffff'fffc;

constexpr uint32_t bit(Interrupts::Source source)
{
    return 1u << unsigned(source);
}

uint32_t enable_bit(Interrupts::Source source)
{
    switch (source) {
    case Interrupts::Source::eventq:
        return eventq_irqen;
    case Interrupts::Source::priq:
        return priq_irqen;
    case Interrupts::Source::gerror:
        return gerror_irqen;
    default:
        return 0;
    }
}

}  // namespace

Interrupts::Interrupts(Host &host, const Features &features, uint32_t device_id)
    : host_(host), features_(features), device_id_(device_id)
{
}

uint32_t Interrupts::errors() const
{
    uint32_t bits = uint32_t(Error::cmdq) | uint32_t(Error::eventq_abort) | sfm_err;
    if (features_.pri)
        bits |= uint32_t(Error::priq_abort);
    if (features_.msi)
        bits |= uint32_t(Error::msi_cmdq_abort) | uint32_t(Error::msi_eventq_abort) |
                uint32_t(Error::msi_gerror_abort);
    if (features_.msi && features_.pri)
        bits |= uint32_t(Error::msi_priq_abort);
    return bits;
}

uint32_t Interrupts::sources() const
{
    return bit(Source::eventq) | bit(Source::cmdq_sync) | bit(Source::gerror) |
           (features_.pri ? bit(Source::priq) : 0);
}

void Interrupts::declare(RegisterBank &bank)
{
    irq_ctrl_ = &bank.add({.name = "IRQ_CTRL",
                           .offset = 0x50,
                           .writable = gerror_irqen | eventq_irqen | (features_.pri ? priq_irqen : 0)});
    irq_ctrl_->on_write([this](unsigned, uint32_t) {
        // What was triggered before a source is disabled completes first; nothing comes after (6.3.16).
        deliver();
        const std::lock_guard guard(lock_);
        for (const Source source : {Source::eventq, Source::priq, Source::gerror})
            if (!enabled(source))
                wanted_ &= ~bit(source);
    });
    bank.add({.name = "IRQ_CTRLACK", .offset = 0x54}).on_read([this](unsigned) { return irq_ctrl_->get(); });
    declare_gerror(bank);

    static const char *const gerror[] = {"GERROR_IRQ_CFG0", "GERROR_IRQ_CFG0[63:32]", "GERROR_IRQ_CFG1",
                                         "GERROR_IRQ_CFG2"};
    static const char *const eventq[] = {"EVENTQ_IRQ_CFG0", "EVENTQ_IRQ_CFG0[63:32]", "EVENTQ_IRQ_CFG1",
                                         "EVENTQ_IRQ_CFG2"};
    static const char *const priq[] = {"PRIQ_IRQ_CFG0", "PRIQ_IRQ_CFG0[63:32]", "PRIQ_IRQ_CFG1", "PRIQ_IRQ_CFG2"};
    declare_message(bank, Source::gerror, 0x68, gerror, Error::msi_gerror_abort);
    declare_message(bank, Source::eventq, 0xb0, eventq, Error::msi_eventq_abort);
    if (features_.pri)
        declare_message(bank, Source::priq, 0xd0, priq, Error::msi_priq_abort);
}

void Interrupts::declare_gerror(RegisterBank &bank)
{
    bank.add({.name = "GERROR", .offset = 0x60, .volatile_value = true}).on_read([this](unsigned) {
        const std::lock_guard guard(lock_);
        return gerror_;
    });
    gerrorn_ = &bank.add({.name = "GERRORN", .offset = 0x64, .writable = errors()});
    gerrorn_->on_write([this](unsigned, uint32_t) {
        for (const auto &hear : acknowledged_)
            hear();
    });
}

// Without MSIs the registers are RES0 (6.3.21), but for PRIQ_IRQ_CFG2.LO; Linux clears CFG0 all the same.
void Interrupts::declare_message(RegisterBank &bank, Source source, uint32_t offset, const char *const names[4],
                                 Error abort)
{
    const auto guard = [this, source](unsigned) { return !enabled(source); };
    Message &message = messages_[unsigned(source)];
    message.abort = abort;
    message.address = WideRegister(bank,
                                   {.low_name = names[0],
                                    .high_name = names[1],
                                    .offset = offset,
                                    .writable = features_.msi ? msi_address & features_.address_mask() : 0},
                                   guard);
    const auto word = [&](const char *name, uint32_t at, uint32_t writable) {
        Register &reg = bank.add({.name = name, .offset = at, .writable = writable});
        reg.on_write([](unsigned, uint32_t) {});
        if (writable)
            reg.writable_while(guard);
        return &reg;
    };
    message.data = word(names[2], offset + 8, features_.msi ? ~0u : 0);
    const uint32_t last_only = source == Source::priq ? cfg2_last_only : 0;
    Register *cfg2 = word(names[3], offset + 12, (features_.msi ? cfg2_attributes : 0) | last_only);
    if (source == Source::priq)
        priq_cfg2_ = cfg2;
}

bool Interrupts::only_last_page_request() const
{
    return priq_cfg2_ && priq_cfg2_->get() & cfg2_last_only;
}

bool Interrupts::enabled(Source source) const
{
    // A CMD_SYNC says for itself whether it wants an interrupt.
    return source == Source::cmdq_sync || irq_ctrl_->get() & enable_bit(source);
}

void Interrupts::want(Source source)
{
    if (!enabled(source))
        return;
    wanted_ |= bit(source);
    host_.defer();
}

void Interrupts::raise(Source source)
{
    const std::lock_guard guard(lock_);
    want(source);
}

bool Interrupts::is_active(Error error) const
{
    return (gerror_ ^ gerrorn_->get()) & uint32_t(error);
}

bool Interrupts::active(Error error) const
{
    const std::lock_guard guard(lock_);
    return is_active(error);
}

void Interrupts::report(Error error)
{
    const std::lock_guard guard(lock_);
    if (!(uint32_t(error) & errors()) || is_active(error))
        return;
    gerror_ ^= uint32_t(error);
    // A GERROR MSI that aborted is not followed by another (7.5.1).
    if (error != Error::msi_gerror_abort)
        want(Source::gerror);
}

void Interrupts::deliver()
{
    // An MSI can be aimed at our own registers, and come back here.
    if (delivering_)
        return;
    uint32_t wanted;
    {
        const std::lock_guard guard(lock_);
        wanted = std::exchange(wanted_, 0);
    }
    delivering_ = true;
    for (const Source source : {Source::eventq, Source::priq, Source::cmdq_sync, Source::gerror})
        if (wanted & bit(source))
            send(source);
    delivering_ = false;
}

void Interrupts::send(Source source)
{
    host_.irq(unsigned(source), true);
    host_.irq(unsigned(source), false);
    const Message &message = messages_[unsigned(source)];
    if (!features_.msi || !message.data)
        return;
    const uint64_t address = message.address.get();
    if (address && !host_.msi(device_id_, address, message.data->get()))
        report(message.abort);
}

bool Interrupts::write_msi(uint64_t address, uint32_t data)
{
    if (host_.msi(device_id_, address & msi_address & features_.address_mask(), data))
        return true;
    report(Error::msi_cmdq_abort);
    return false;
}

void Interrupts::reset()
{
    const std::lock_guard guard(lock_);
    gerror_ = 0;
    wanted_ = 0;
}

void Interrupts::save(StateWriter &out) const
{
    const std::lock_guard guard(lock_);
    out.section("smmuv3-interrupts", 1);
    out.u32(gerror_);
    out.u32(wanted_);
}

void Interrupts::load(StateReader &in)
{
    const std::lock_guard guard(lock_);
    in.section("smmuv3-interrupts", 1);
    gerror_ = in.u32() & errors() & ~sfm_err;
    wanted_ = in.u32() & sources();
    if (wanted_)
        host_.defer();
}

}  // namespace soc::smmuv3
