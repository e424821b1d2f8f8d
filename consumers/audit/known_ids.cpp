#include "consumers/audit/known_ids.h"

#include "common/event/event.h"

namespace godwit::audit {

// Two halves of one hash give all probes (Kirsch and Mitzenmacher, 2006). Ends early when `visit` says so.
template <class Visit>
bool KnownIds::each_bit(std::string_view source, std::string_view event_id, const Visit& visit) const {
  const std::uint64_t hash = event::identity_hash(source, event_id);
  const std::uint64_t bits = bits_.size() * 8;
  std::uint64_t at = hash & 0xFFFFFFFFU;
  const std::uint64_t step = (hash >> 32U) | 1U;
  for (int probe = 0; probe < probes; ++probe, at += step) {
    const std::uint64_t bit = at % bits;
    if (!visit(static_cast<std::size_t>(bit / 8), static_cast<unsigned>(bit % 8))) return false;
  }
  return true;
}

void KnownIds::add(std::string_view source, std::string_view event_id) {
  if (bits_.empty()) return;
  if (lowest_.empty() || event_id < lowest_) lowest_ = event_id;
  if (event_id > highest_) highest_ = event_id;
  each_bit(source, event_id, [this](std::size_t byte, unsigned bit) {
    bits_[byte] = static_cast<char>(static_cast<unsigned char>(bits_[byte]) | (1U << bit));
    return true;
  });
}

bool KnownIds::may_hold(std::string_view source, std::string_view event_id) const {
  if (bits_.empty() || event_id < lowest_ || event_id > highest_) return false;
  return each_bit(source, event_id, [this](std::size_t byte, unsigned bit) {
    return ((static_cast<unsigned char>(bits_[byte]) >> bit) & 1U) != 0;
  });
}

KnownIds KnownIds::of(std::string_view lowest, std::string_view highest, std::string_view bits) {
  KnownIds out;
  out.lowest_ = lowest;
  out.highest_ = highest;
  out.bits_ = bits;
  return out;
}

}  // namespace godwit::audit
