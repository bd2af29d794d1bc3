// SPDX-License-Identifier: GPL-2.0-or-later
#include "msm_iommu.hpp"

namespace soc::msm {

MsmIommu::MsmIommu(Host &host, unsigned contexts)
    : RegisterIommu(host, "msm-iommu"), contexts_(contexts), bank_(window, log_), global_(bank_, contexts),
      context_(bank_, contexts), fault_record_(bank_, contexts)
{
    keep({&bank_, &fault_record_, &stalls_});
    connect_commands();
    shape_.regions = {register_region("registers", window)};
    shape_.irqs = lines;
    shape_.streams = masters;
    shape_.address_bits = address_bits;
}

// SL, SS and MULTI tell more of a cause, and are none themselves.
bool MsmIommu::interrupt(unsigned line) const
{
    if (line == 0 && fault_record_.global_pending() && cr::ErrorInterrupt::get(global_.cr.get()))
        return true;
    for (unsigned context = 0; context < contexts_; ++context)
        if (global_.line(context) == line && actlr::FaultInterrupt::get(context_.actlr.get(context)) &&
            fault_record_.pending(context))
            return true;
    return false;
}

}  // namespace soc::msm

namespace soc {

extern const ModelType msm_iommu_type;
const ModelType msm_iommu_type{
    .name = "msm-iommu",
    .kind = ModelKind::iommu,
    .summary = "Qualcomm's MSM IOMMU, as in the APQ8064",
    .options =
        {
            {"context-banks", "3", "1..4", "how many contexts there are; APQ8064 has instances with 2 and with 3"},
        },
    .masters = SOC_MASTERS_PLATFORM,
    .guest = {.arch = "arm",
              .machine = "virt,highmem=off",
              .cpu = "cortex-a15",
              .memory = "512M",
              .driver = "msm_iommu",
              .config = "msm-iommu",
              .kernels = {"6.1", "6.12"},
              .apis = {"aperture", "limits"}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<msm::MsmIommu>(host, unsigned(options.number("context-banks")));
    },
};

}  // namespace soc
