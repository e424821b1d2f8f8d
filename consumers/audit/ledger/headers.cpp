#include "consumers/audit/ledger/headers.h"

#include <utility>

#include "consumers/audit/ledger/bytes.h"

namespace godwit::audit::ledger {

void pack_headers(const std::vector<stream::HeaderView>& headers, std::string& out) {
  put_u32(out, static_cast<std::uint32_t>(headers.size()));
  for (const stream::HeaderView& header : headers) {
    put_sized(out, header.name);
    put_sized(out, header.value);
  }
}

std::string pack_headers(const std::vector<stream::HeaderView>& headers) {
  std::string out;
  pack_headers(headers, out);
  return out;
}

std::optional<std::vector<stream::HeaderView>> unpack_headers(std::string_view packed) {
  const auto count = take_u32(packed);
  if (!count) return std::nullopt;
  std::vector<stream::HeaderView> out;
  for (std::uint32_t i = 0; i < *count; ++i) {
    std::optional<std::string_view> name;
    stream::HeaderView& header = out.emplace_back();
    if (!take_sized(packed, name) || !name || !take_sized(packed, header.value)) return std::nullopt;
    header.name = *name;
  }
  return packed.empty() ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace godwit::audit::ledger
