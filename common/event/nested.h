// Where the members of the objects nested in Data live: one list of slots per struct, read by decoding and
// encoding. What values they may have is told by rules.h. Private to common/event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/event/data.h"

namespace godwit::event {

template <class Owner>
struct NestedField {
  std::string_view name;
  std::variant<std::string Owner::*, std::int64_t Owner::*, std::optional<std::string> Owner::*,
               std::optional<std::int64_t> Owner::*, std::optional<double> Owner::*,
               std::optional<bool> Owner::*>
      slot;
};

inline constexpr NestedField<Failure> failure_fields[] = {
    {"code", &Failure::code},           {"message", &Failure::message},
    {"retryable", &Failure::retryable}, {"class", &Failure::error_class},
    {"phase", &Failure::phase},         {"exit_code", &Failure::exit_code},
    {"signal", &Failure::signal},       {"stderr_tail", &Failure::stderr_tail},
};
inline constexpr NestedField<StagePlan> stage_fields[] = {
    {"stage", &StagePlan::stage},
    {"weight", &StagePlan::weight},
};
inline constexpr NestedField<DiskInfo> disk_fields[] = {
    {"index", &DiskInfo::index},
    {"name", &DiskInfo::name},
    {"bytes_virtual", &DiskInfo::bytes_virtual},
    {"bytes_allocated", &DiskInfo::bytes_allocated},
};

inline constexpr const auto& nested_fields(const Failure&) { return failure_fields; }
inline constexpr const auto& nested_fields(const StagePlan&) { return stage_fields; }
inline constexpr const auto& nested_fields(const DiskInfo&) { return disk_fields; }

}  // namespace godwit::event
