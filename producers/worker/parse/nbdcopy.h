// What nbdcopy writes to the descriptor given with --progress=FD.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace godwit::worker::parse {

// nbdcopy reports whole work units of this size, when it hands them out: coarse, and early.
inline constexpr std::int64_t nbdcopy_work_unit_bytes = 134'217'728;

// "25/100" -> 25, of the virtual size; nullopt for any other line.
std::optional<int> nbdcopy_progress(std::string_view line);

}  // namespace godwit::worker::parse
