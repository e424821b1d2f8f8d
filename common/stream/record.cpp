#include "common/stream/record.h"

#include <strings.h>

#include <algorithm>
#include <cstring>

namespace godwit::stream {

std::optional<std::string_view> Record::header(std::string_view name) const {
  for (const HeaderView& header : headers)
    if (header.name.size() == name.size() && strncasecmp(header.name.data(), name.data(), name.size()) == 0)
      return header.value;
  return std::nullopt;
}

std::uint64_t fingerprint(const Record& record) {
  constexpr std::uint64_t prime = 1099511628211ULL;
  std::uint64_t hash = 14695981039346656037ULL;
  // Eight bytes at a step: every record of the log goes through here.
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * prime;
    hash ^= hash >> 32;
  };
  const auto mix_bytes = [&mix](std::string_view bytes) {
    mix(bytes.size());
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), sizeof(std::uint64_t));
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), count);
      mix(word);
      bytes.remove_prefix(count);
    }
  };
  mix(static_cast<std::uint64_t>(to_unix_ms(record.timestamp)));
  mix_bytes(record.key.value_or(""));
  mix_bytes(record.value.value_or(""));
  return hash;
}

}  // namespace godwit::stream
