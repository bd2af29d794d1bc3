// SPDX-License-Identifier: GPL-2.0-or-later
// The part of the iommufd interface (Linux 6.12, include/uapi/linux/iommufd.h and vfio.h) that is used here.
// Declared once more because Debian 12's headers are of 6.1, which has none of it.
#pragma once

#include <cstdint>

#include <linux/vfio.h>
#include <sys/ioctl.h>

namespace guest::abi
{

struct Destroy {
    uint32_t size;
    uint32_t id;
};

struct IoasAlloc {
    uint32_t size;
    uint32_t flags;
    uint32_t out_ioas_id;
};

struct IovaRange {
    uint64_t start;
    uint64_t last;
};

struct IoasIovaRanges {
    uint32_t size;
    uint32_t ioas_id;
    uint32_t num_iovas;
    uint32_t reserved;
    uint64_t allowed_iovas; // address of an array of IovaRange
    uint64_t out_iova_alignment;
};

struct IoasMap {
    uint32_t size;
    uint32_t flags;
    uint32_t ioas_id;
    uint32_t reserved;
    uint64_t user_va;
    uint64_t length;
    uint64_t iova;
};

inline constexpr uint32_t map_fixed_iova = 1u << 0;
inline constexpr uint32_t map_writeable = 1u << 1;
inline constexpr uint32_t map_readable = 1u << 2;

struct IoasUnmap {
    uint32_t size;
    uint32_t ioas_id;
    uint64_t iova;
    uint64_t length;
};

struct HwptAlloc {
    uint32_t size;
    uint32_t flags;
    uint32_t dev_id;
    uint32_t pt_id; // the IOAS
    uint32_t out_hwpt_id;
    uint32_t reserved;
    uint32_t data_type;
    uint32_t data_len;
    uint64_t data_uptr;
    uint32_t fault_id;
    uint32_t reserved2;
};

inline constexpr uint32_t hwpt_dirty_tracking = 1u << 1;

struct HwInfo {
    uint32_t size;
    uint32_t flags;
    uint32_t dev_id;
    uint32_t data_len;
    uint64_t data_uptr;
    uint32_t out_data_type;
    uint8_t out_max_pasid_log2;
    uint8_t reserved[3];
    uint64_t out_capabilities;
};

inline constexpr uint64_t hw_cap_dirty_tracking = 1u << 0;

struct SetDirtyTracking {
    uint32_t size;
    uint32_t flags; // 1: on
    uint32_t hwpt_id;
    uint32_t reserved;
};

struct GetDirtyBitmap {
    uint32_t size;
    uint32_t hwpt_id;
    uint32_t flags;
    uint32_t reserved;
    uint64_t iova;
    uint64_t length;
    uint64_t page_size;
    uint64_t data; // address of the bitmap, 64-bit words; bit 0 is the page at iova
};

inline constexpr uint32_t dirty_bitmap_no_clear = 1u << 0;

struct BindIommufd {
    uint32_t argsz;
    uint32_t flags;
    int32_t iommufd;
    uint32_t out_devid;
};

struct AttachPt {
    uint32_t argsz;
    uint32_t flags;
    uint32_t pt_id;
};

struct DetachPt {
    uint32_t argsz;
    uint32_t flags;
};

static_assert(sizeof(IoasIovaRanges) == 32 && sizeof(IoasMap) == 40 && sizeof(IoasUnmap) == 24);
static_assert(sizeof(HwptAlloc) == 48 && sizeof(HwInfo) == 40 && sizeof(SetDirtyTracking) == 16 &&
              sizeof(GetDirtyBitmap) == 48);

inline constexpr unsigned long ioc_destroy = _IO(';', 0x80);
inline constexpr unsigned long ioc_ioas_alloc = _IO(';', 0x81);
inline constexpr unsigned long ioc_ioas_iova_ranges = _IO(';', 0x84);
inline constexpr unsigned long ioc_ioas_map = _IO(';', 0x85);
inline constexpr unsigned long ioc_ioas_unmap = _IO(';', 0x86);
inline constexpr unsigned long ioc_hwpt_alloc = _IO(';', 0x89);
inline constexpr unsigned long ioc_get_hw_info = _IO(';', 0x8a);
inline constexpr unsigned long ioc_set_dirty_tracking = _IO(';', 0x8b);
inline constexpr unsigned long ioc_get_dirty_bitmap = _IO(';', 0x8c);
inline constexpr unsigned long ioc_bind_iommufd = _IO(VFIO_TYPE, VFIO_BASE + 18);
inline constexpr unsigned long ioc_attach_pt = _IO(VFIO_TYPE, VFIO_BASE + 19);
inline constexpr unsigned long ioc_detach_pt = _IO(VFIO_TYPE, VFIO_BASE + 20);

} // namespace guest::abi
