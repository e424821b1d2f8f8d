// SeenIds: which events have been met, to tell which row is the first of its event. 8 bytes for each.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::verify {

class SeenIds {
 public:
  // How often the event has been met before.
  std::int64_t meet(ledger::Hasher& hasher, std::string_view source, std::string_view event_id);

 private:
  bool insert(std::uint64_t id);
  void grow();

  // Open addressing; 0 is a free slot. An id is 64 bits of a SHA-256, so that no two events share one.
  std::vector<std::uint64_t> slots_;
  std::size_t used_ = 0;
  std::unordered_map<std::uint64_t, std::int64_t> again_;  // those met more than once: few
};

}  // namespace godwit::audit::verify
