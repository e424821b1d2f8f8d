// Two stores of one log, compared by their trees.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace godwit::audit::offline {

struct Compared {
  std::string origin;
  std::optional<std::uint64_t> size_a, size_b;   // none: that one has no store of it
  std::optional<std::uint64_t> differs_at = {};  // the first record that is not the same

  bool operator==(const Compared&) const = default;
};

// Of each partition that either data directory has. A store with more records than the other is no
// difference. Believes the stored hashes: that they are those of the records is what verify is for. An error
// when one cannot be read.
Result<std::vector<Compared>> compare(const std::string& data_a, const std::string& data_b);

}  // namespace godwit::audit::offline
