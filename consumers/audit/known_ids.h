// KnownIds: whether a closed segment may hold an event, without reading it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit::audit {

// The range of a segment's event ids, and a Bloom filter (Bloom, 1970) of source and id with 16 bits and 7
// probes for each: it says "may hold" of 1 in 1,500 that are not there, and never "no" of one that is. Ids
// that grow with time (UUIDv7) are told apart by the range alone.
class KnownIds {
 public:
  KnownIds() = default;
  // For that many events.
  explicit KnownIds(std::size_t events) : bits_((events * bits_per_event + 63) / 64 * 8, '\0') {}

  void add(std::string_view source, std::string_view event_id);
  bool may_hold(std::string_view source, std::string_view event_id) const;

  // As a row keeps it.
  const std::string& lowest() const { return lowest_; }
  const std::string& highest() const { return highest_; }
  const std::string& bits() const { return bits_; }
  static KnownIds of(std::string_view lowest, std::string_view highest, std::string_view bits);

 private:
  static constexpr std::size_t bits_per_event = 16;
  static constexpr int probes = 7;
  template <class Visit>
  bool each_bit(std::string_view source, std::string_view event_id, const Visit& visit) const;

  std::string lowest_, highest_;  // of no event: empty
  std::string bits_;
};

}  // namespace godwit::audit
