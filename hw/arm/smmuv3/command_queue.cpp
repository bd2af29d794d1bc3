// SPDX-License-Identifier: GPL-2.0-or-later
#include "command_queue.hpp"

namespace soc::smmuv3 {

namespace {

using CONS_ERR = Field<30, 24>;
enum : uint32_t { cerror_ill = 1, cerror_abt = 2, cerror_atc_inv_sync = 3 };

}  // namespace

CommandQueue::CommandQueue(Host &host, RegisterFile &registers, Interrupts &interrupts, Execute execute)
    : host_(host), registers_(registers), interrupts_(interrupts), execute_(std::move(execute))
{
    RegisterBank &bank = registers.bank();
    const auto guard = [this](unsigned) { return !registers_.commands_enabled(); };
    base_ = WideRegister(bank,
                         {.low_name = "CMDQ_BASE",
                          .high_name = "CMDQ_BASE[63:32]",
                          .offset = 0x90,
                          .writable = queue_base::writable(registers.features().address_mask())},
                         guard);
    prod_ = &bank.add({.name = "CMDQ_PROD", .offset = 0x98, .writable = queue_index::mask});
    prod_->on_write([this](unsigned, uint32_t written) {
        if (!queue().consistent(written, cons_) && registers_.commands_enabled())
            registers_.log().error("CMDQ_PROD " + hex(written) + " does not fit CMDQ_CONS " + hex(cons_) +
                                   ": no command is consumed");
        kick();
    });
    bank.add({.name = "CMDQ_CONS", .offset = 0x9c, .volatile_value = true})
        .on_read([this](unsigned) { return uint32_t(CONS_ERR::of(error_)) | (cons_ & queue().index_mask()); })
        .on_write([this](unsigned, uint32_t written) { cons_ = written & queue_index::mask; })
        .writable_while(guard);
    registers.on_enable([this](uint32_t before, uint32_t now) {
        if (~before & now & cr0::CMDQEN::mask)
            kick();
        else if (~now & cr0::CMDQEN::mask)
            waiting_ = false;  // not consumed: CONS points at it (6.3.9.3)
    });
    interrupts.on_acknowledge([this] { kick(); });
}

// Indexes that cannot be are no commands (3.5.1).
bool CommandQueue::ready() const
{
    if (!registers_.commands_enabled() || waiting_ || interrupts_.active(Interrupts::Error::cmdq))
        return false;
    const uint32_t prod = prod_->get();
    return queue().consistent(prod, cons_) && !queue().empty(prod, cons_);
}

void CommandQueue::continue_work()
{
    waiting_ = false;
    kick();
}

void CommandQueue::kick()
{
    if (running_)
        return;
    running_ = true;
    for (unsigned left = budget; left > 0 && ready(); --left)
        step();
    running_ = false;
    if (ready())
        host_.defer();
}

void CommandQueue::step()
{
    const Queue queue = this->queue();
    const uint64_t address = queue.address(cons_);
    const auto first = host_.memory().load<uint64_t>(address);
    const auto second = host_.memory().load<uint64_t>(address + 8);
    if (!first || !second)
        return fail(cerror_abt);
    const uint32_t next = queue.next(cons_);
    switch (execute_({*first, *second})) {
    case Outcome::done:
        cons_ = next;
        break;
    case Outcome::illegal:
        registers_.log().error("illegal command " + hex(*first) + " " + hex(*second));
        return fail(cerror_ill);
    case Outcome::abort:
        return fail(cerror_abt);
    case Outcome::atc_timeout:
        return fail(cerror_atc_inv_sync);
    case Outcome::wait:
        waiting_ = true;
        break;
    }
}

// The reason is there before the error is; CONS stays at the command (7.1).
void CommandQueue::fail(uint32_t code)
{
    error_ = code;
    interrupts_.report(Interrupts::Error::cmdq);
}

void CommandQueue::reset()
{
    cons_ = error_ = 0;
    waiting_ = false;
}

void CommandQueue::save(StateWriter &out) const
{
    out.section("smmuv3-cmdq", 1);
    out.u32(cons_);
    out.u32(error_);
    out.u32(waiting_);
}

void CommandQueue::load(StateReader &in)
{
    in.section("smmuv3-cmdq", 1);
    cons_ = in.u32() & queue_index::mask;
    error_ = in.u32() & uint32_t(CONS_ERR::max);
    waiting_ = in.u32() != 0;
    if (waiting_ || ready())
        host_.defer();
}

}  // namespace soc::smmuv3
