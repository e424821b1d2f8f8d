#include "common/stream/record.h"

#include <fmt/format.h>
#include <strings.h>

namespace godwit::stream {

std::optional<std::string_view> Record::header(std::string_view name) const {
  for (const HeaderView& header : headers)
    if (header.name.size() == name.size() && strncasecmp(header.name.data(), name.data(), name.size()) == 0)
      return header.value;
  return std::nullopt;
}

std::uint64_t fingerprint(const Record& record) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&](std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  };
  mix(fmt::format_int(to_unix_ms(record.timestamp)).c_str());
  mix(record.key.value_or(""));
  mix(record.value.value_or(""));
  return hash;
}

}  // namespace godwit::stream
