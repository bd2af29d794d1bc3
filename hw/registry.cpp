// Every model of this build: adding one is one line here and a folder of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/registry.hpp"

#include "registry-config.h"

namespace soc {

extern const ModelType apple_dart_type;
extern const ModelType fsl_pamu_type;
extern const ModelType msm_iommu_type;
extern const ModelType mtk_m4u_v1_type;
extern const ModelType omap_iommu_type;
extern const ModelType soc_dma_type;
extern const ModelType soc_pl330_type;
extern const ModelType soc_smmuv3_type;
extern const ModelType sprd_iommu_type;
extern const ModelType tegra_gart_type;
extern const ModelType tegra_smmu_type;
#if SOC_TEST_MODELS
extern const ModelType soc_test_iommu_type;
#endif

std::span<const ModelType *const> model_types()
{
    static const ModelType *const types[] = {
        &apple_dart_type,
        &fsl_pamu_type,
        &msm_iommu_type,
        &mtk_m4u_v1_type,
        &omap_iommu_type,
        &soc_dma_type,
        &soc_pl330_type,
        &soc_smmuv3_type,
        &sprd_iommu_type,
        &tegra_gart_type,
        &tegra_smmu_type,
#if SOC_TEST_MODELS
        &soc_test_iommu_type,
#endif
    };
    return types;
}

const ModelType *find_model_type(const std::string &name)
{
    for (const ModelType *type : model_types())
        if (name == type->name)
            return type;
    return nullptr;
}

}  // namespace soc
