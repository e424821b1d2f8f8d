#include "consumers/audit/verify/seen_ids.h"

#include <cstring>
#include <utility>

namespace godwit::audit::verify {
namespace {

constexpr std::size_t slots_first = 1024;  // a power of two, as all later sizes

}  // namespace

std::int64_t SeenIds::meet(ledger::Hasher& hasher, std::string_view source, std::string_view event_id) {
  // A source holds no zero byte in front of an id by chance: ("ab", "c") and ("a", "bc") differ.
  const ledger::Digest digest = hasher.of({source, std::string_view{"\0", 1}, event_id});
  std::uint64_t id = 0;
  std::memcpy(&id, digest.data(), sizeof id);
  if (id == 0) id = 1;
  if ((used_ + 1) * 3 > slots_.size() * 2) grow();
  if (insert(id)) return 0;
  return ++again_[id];
}

bool SeenIds::insert(std::uint64_t id) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = static_cast<std::size_t>(id) & mask;
  while (slots_[at] != 0) {
    if (slots_[at] == id) return false;
    at = (at + 1) & mask;
  }
  slots_[at] = id;
  ++used_;
  return true;
}

void SeenIds::grow() {
  const std::vector<std::uint64_t> before =
      std::exchange(slots_, std::vector<std::uint64_t>(slots_.empty() ? slots_first : slots_.size() * 2));
  used_ = 0;
  for (const std::uint64_t id : before)
    if (id != 0) insert(id);
}

}  // namespace godwit::audit::verify
