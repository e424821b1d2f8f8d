// CRC-32C (Castagnoli), the checksum of spool frames. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace godwit::producer {

std::uint32_t crc32c(std::string_view bytes);
// The same, as it is done on processors that have no instruction for it.
std::uint32_t crc32c_by_tables(std::string_view bytes);

}  // namespace godwit::producer
