// Runs the project's command as a user would and reads what it answered.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

struct Run {
    int status = -1;       // exit status of the command
    nlohmann::json cells;  // what --json wrote: one object an API
    std::string text;      // what it printed, for a failed test's message

    // The object of one API. Fails the test, with the text, where there is none.
    const nlohmann::json &api(const std::string &name) const;
    std::string verdict(const std::string &api) const;
    // "works", or "refused at bind: EINVAL", for one comparison that says everything.
    std::string outcome(const std::string &api) const;
    // The detail of a step of one session; "" where the step was not reached.
    std::string detail(const std::string &api, const std::string &step, int session = 1) const;
};

// `scripts/soc-iommu attach <arguments> --json FILE`
Run attach(const std::string &arguments);

// The options for a 6.12 with two drivers changed: apple-dart's without TLB invalidation, arm-smmu-v3's mended in how it
// tracks dirty pages. They have nothing in common, and one kernel serves the tests of both.
inline const std::string changed_drivers =
    " --kernel-patch " SOC_IOMMU_SOURCE_ROOT "/tests/guest/patches/6.12/apple-dart-no-tlb-invalidate.patch"
    " --kernel-patch " SOC_IOMMU_SOURCE_ROOT "/tests/guest/patches/6.12/arm-smmu-v3-invalidate-after-dirty.patch";

// A run of a model that was broken in this way: the step of that name went wrong, and no other. A page that is not mapped
// any more is not mapped: where such pages pass, both steps that try one see it. `anyway`: a step that goes wrong with the
// model as it is, for what its block or its driver lacks.
void check_mutation(const Run &, const std::string &api, const std::string &mutation, const std::string &anyway = "");

struct Output {
    int status = -1;
    std::string text;  // stdout and stderr
};
// `scripts/soc-iommu <arguments>`
Output command(const std::string &arguments);
