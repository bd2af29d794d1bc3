// SPDX-License-Identifier: GPL-2.0-or-later
#include "features.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace soc::smmuv3 {

const OptionSpec option_specs[] = {
    {"stages", "nested", "1|2|nested", "stages of translation; nested: both, alone and one upon the other"},
    {"oas", "auto", "auto|32|36|40|42|44|48|52", "bits of an output address; auto: 52, 48 without the 64k granule"},
    {"sid-bits", "16", "1..16", "bits of a StreamID"},
    {"ssid-bits", "auto", "auto, or 0 to 20", "bits of a SubstreamID, 0: no substreams; auto: 20, 0 without stage 1"},
    {"granules", "4k+16k+64k", "4k, 16k and 64k, joined by +", "page sizes of translation tables"},
    {"stall", "on", "on|off|forced", "whether faults can make transactions wait; forced: all that can, do"},
    {"coherent", "on", "on|off", "whether the SMMU's own accesses are coherent with the CPUs'"},
    {"httu", "auto", "auto|0|1|2",
     "what the SMMU updates in tables: 1 access flags, 2 dirty state too; auto: 2, 0 with coherent=off"},
    {"ats", "auto", "auto|on|off", "ATS for PCIe devices; auto: on, off with stall=forced"},
    {"pri", "auto", "auto|on|off", "page requests of PCIe devices; auto: on where ATS is"},
    {"msi", "on", "on|off", "whether the SMMU can send its interrupts as messages"},
    {"ril", "on", "on|off", "invalidation by range and level"},
    {"fwb", "auto", "auto|on|off", "stage 2 forced write-back; auto: on with stage 2"},
    {"hyp", "auto", "auto|on|off", "EL2 and EL2-E2H translation regimes; auto: on with both stages"},
    {"asid-bits", "auto", "auto|8|16", "bits of an ASID; auto: 16, none without stage 1"},
    {"vmid-bits", "auto", "auto|8|16", "bits of a VMID; auto: 16, none without stage 2"},
    {"strtab-levels", "2", "1|2", "levels that a stream table can have"},
    {"vax", "auto", "auto|on|off", "52-bit virtual addresses; auto: on with stage 1 and the 64k granule"},
};
const unsigned option_spec_count = std::size(option_specs);

namespace {

struct Granules {
    bool k4 = false, k16 = false, k64 = false;
};

Granules granules_from(const Options &options)
{
    const std::string &text = options.text("granules");
    const auto refuse = [&](const std::string &why) {
        throw OptionError("granules=" + text + " is not valid: " + why +
                          "; valid: one or more of 4k, 16k and 64k, joined by +, such as 4k+64k");
    };
    Granules out;
    if (text.empty())
        refuse("without a granule there is no translation table");
    for (size_t start = 0; start <= text.size();) {
        const size_t end = std::min(text.find('+', start), text.size());
        const std::string part = text.substr(start, end - start);
        bool *granule = part == "4k" ? &out.k4 : part == "16k" ? &out.k16 : part == "64k" ? &out.k64 : nullptr;
        if (!granule)
            refuse("'" + part + "' is no granule");
        else if (*granule)
            refuse("'" + part + "' is there twice");
        else
            *granule = true;
        start = end + 1;
    }
    return out;
}

// "on" where the user asks for what cannot be there is refused with `why`; "auto" is then off.
bool on_where(const Options &options, const char *name, bool possible, const std::string &why)
{
    const std::string &text = options.text(name);
    if (text == "on" && !possible)
        throw OptionError(std::string(name) + "=on is not valid " + why + "; valid: " + name + "=off");
    return text == "auto" ? possible : text == "on";
}

unsigned oas_from(const Options &options, bool granule_64k)
{
    if (options.text("oas") == "auto")
        return granule_64k ? 52 : 48;
    const auto bits = unsigned(options.number("oas"));
    // IDR5.OAS: 52 bits need GRAN64K, or one of DS and D128, which this SMMU has not.
    if (bits == 52 && !granule_64k)
        throw OptionError("oas=52 is not valid with granules=" + options.text("granules") +
                          ": only tables of the 64k granule hold addresses of 52 bits; valid: oas of 48 or less, or "
                          "64k among the granules");
    return bits;
}

unsigned ssid_bits_from(const Options &options, bool stage1)
{
    if (options.text("ssid-bits") == "auto")
        return stage1 ? 20 : 0;
    const uint64_t bits = options.number("ssid-bits");
    if (bits > 20)
        throw OptionError("ssid-bits=" + options.text("ssid-bits") + " is not valid; valid: 0 to 20");
    if (bits > 0 && !stage1)
        throw OptionError("ssid-bits=" + options.text("ssid-bits") +
                          " is not valid with stages=2: a substream selects a context of stage 1; valid: 0");
    return unsigned(bits);
}

bool wide_tags(const Options &options, const char *name, bool stage, const char *why)
{
    const std::string &text = options.text(name);
    if (text != "auto" && !stage)
        throw OptionError(std::string(name) + "=" + text + " is not valid with stages=" + options.text("stages") +
                          ": " + why + "; valid: auto");
    return stage && text != "8";
}

unsigned httu_from(const Options &options, bool coherent)
{
    if (options.text("httu") == "auto")
        return coherent ? 2 : 0;
    const auto httu = unsigned(options.number("httu"));
    // IDR0.HTTU: without coherent atomic updates in the system it has to say 0.
    if (httu > 0 && !coherent)
        throw OptionError("httu=" + options.text("httu") +
                          " is not valid with coherent=off: updates of tables have to be atomic and coherent with "
                          "the CPUs' own; valid: 0");
    return httu;
}

bool two_level_stream_table_from(const Options &options, unsigned sid_bits)
{
    const bool two = options.text("strtab-levels") == "2";
    if (!two && sid_bits >= 7)  // IDR1.SIDSIZE
        throw OptionError("strtab-levels=1 is not valid with sid-bits=" + std::to_string(sid_bits) +
                          ": an SMMU with StreamIDs of 7 bits and more has stream tables of two levels; valid: 2, or "
                          "sid-bits of 6 or less");
    return two;
}

Features::StallModel stall_from(const Options &options)
{
    const std::string &text = options.text("stall");
    return text == "on"    ? Features::StallModel::both
           : text == "off" ? Features::StallModel::none
                           : Features::StallModel::forced;
}

}  // namespace

Features::Features(const Options &options)
{
    const std::string &stages = options.text("stages");
    stage1 = stages != "2";
    stage2 = stages != "1";
    const std::string with_stages = "with stages=" + stages + ": ";

    const Granules granules = granules_from(options);
    granule_4k = granules.k4;
    granule_16k = granules.k16;
    granule_64k = granules.k64;
    oas = oas_from(options, granule_64k);
    // IDR5.VAX: 52 bits are of CD.TTBx, and need GRAN64K or DS.
    va52 = on_where(options, "vax", stage1 && granule_64k,
                    stage1 ? "with granules=" + options.text("granules") +
                                 ": only the 64k granule translates virtual addresses of 52 bits"
                           : with_stages + "virtual addresses are what stage 1 translates");

    sid_bits = unsigned(options.number("sid-bits"));
    two_level_stream_table = two_level_stream_table_from(options, sid_bits);
    ssid_bits = ssid_bits_from(options, stage1);
    two_level_cd_table = ssid_bits > 0;
    asid16 = wide_tags(options, "asid-bits", stage1, "ASIDs are of stage 1");
    vmid16 = wide_tags(options, "vmid-bits", stage2, "VMIDs are of stage 2");

    stall = stall_from(options);
    coherent = options.flag("coherent");
    httu = httu_from(options, coherent);
    msi = options.flag("msi");
    ril = options.flag("ril");
    // IDR0.STALL_MODEL: an SMMU of a PCI system must not force stalls.
    ats = on_where(options, "ats", stall != StallModel::forced,
                   "with stall=forced: ATS is PCIe's, whose transactions must not wait");
    pri = on_where(options, "pri", ats, "without ATS: pages are requested for translations that ATS did not give");
    fwb = on_where(options, "fwb", stage2, with_stages + "it is stage 2 that forces write-back");
    e2h = on_where(options, "hyp", stage1 && stage2, with_stages + "the regimes of EL2 need both stages");
}

}  // namespace soc::smmuv3
