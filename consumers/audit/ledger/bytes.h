// Numbers as big-endian bytes, put at the end of a string and taken off the front of a view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::audit::ledger {

// The size that stands for null, where an empty string has the size 0.
inline constexpr std::uint32_t null_size = 0xFFFFFFFF;

void put_u16(std::string& out, std::uint16_t number);
void put_u32(std::string& out, std::uint32_t number);
void put_u64(std::string& out, std::uint64_t number);
// u32 size and bytes; null_size and nothing for nullopt. Kafka's sizes are below 2^31, so nothing is cut.
void put_sized(std::string& out, std::optional<std::string_view> bytes);

// nullopt, and `in` as it was, when there are not enough bytes.
std::optional<std::uint16_t> take_u16(std::string_view& in);
std::optional<std::uint32_t> take_u32(std::string_view& in);
std::optional<std::uint64_t> take_u64(std::string_view& in);
std::optional<std::string_view> take(std::string_view& in, std::size_t size);
// What put_sized() put: false when it is cut short.
bool take_sized(std::string_view& in, std::optional<std::string_view>& out);

}  // namespace godwit::audit::ledger
