#include "consumers/audit/ledger/bytes.h"

#include <array>

#include "common/base/check.h"

namespace godwit::audit::ledger {
namespace {

template <class Number>
void put(std::string& out, Number number) {
  std::array<char, sizeof(Number)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>((number >> (8 * (bytes.size() - 1 - i))) & 0xFFU);
  out.append(bytes.data(), bytes.size());
}

template <class Number>
std::optional<Number> take_number(std::string_view& in) {
  const auto bytes = take(in, sizeof(Number));
  if (!bytes) return std::nullopt;
  std::uint64_t out = 0;
  for (const char c : *bytes) out = (out << 8U) | static_cast<unsigned char>(c);
  return static_cast<Number>(out);
}

}  // namespace

void put_u16(std::string& out, std::uint16_t number) { put(out, number); }
void put_u32(std::string& out, std::uint32_t number) { put(out, number); }
void put_u64(std::string& out, std::uint64_t number) { put(out, number); }

void put_sized(std::string& out, std::optional<std::string_view> bytes) {
  if (!bytes) return put_u32(out, null_size);
  GODWIT_CHECK(bytes->size() < null_size, "{} bytes do not fit a record", bytes->size());
  put_u32(out, static_cast<std::uint32_t>(bytes->size()));
  out.append(*bytes);
}

std::optional<std::uint16_t> take_u16(std::string_view& in) { return take_number<std::uint16_t>(in); }
std::optional<std::uint32_t> take_u32(std::string_view& in) { return take_number<std::uint32_t>(in); }
std::optional<std::uint64_t> take_u64(std::string_view& in) { return take_number<std::uint64_t>(in); }

std::optional<std::string_view> take(std::string_view& in, std::size_t size) {
  if (in.size() < size) return std::nullopt;
  const std::string_view out = in.substr(0, size);
  in.remove_prefix(size);
  return out;
}

bool take_sized(std::string_view& in, std::optional<std::string_view>& out) {
  const auto size = take_u32(in);
  out.reset();
  if (!size) return false;
  if (*size == null_size) return true;
  out = take(in, *size);
  return out.has_value();
}

}  // namespace godwit::audit::ledger
