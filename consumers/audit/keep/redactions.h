// Redactions: which records had their values taken out, when and why, each signed. The list lies in a file of
// its own, `redactions.db`, outlives rebuilds, and a fold takes the value out again of what is on it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/keys.h"

namespace godwit::audit::keep {

struct Redaction {
  ledger::Origin origin = {};
  std::int64_t index = 0, offset = 0;
  ledger::Digest leaf = {};  // what the record's bytes were is fixed by it
  Timestamp at = {};
  std::string reason = {};  // one line
  std::string note = {};    // statement(), signed

  std::string statement() const;
};

// Of a file; none when there is none. `transient` when it cannot be read.
Result<std::vector<Redaction>> read_redactions(const std::string& path);
// On disk when it returns; one of the same record before is kept.
Status add_redaction(const std::string& path, const Redaction& redaction);

// For a fold: fixed once it is made, safe from every thread.
class Redactions {
 public:
  Redactions() = default;
  explicit Redactions(const std::vector<Redaction>& all);
  // Whether the record of this place and leaf was redacted.
  bool holds(std::string_view topic, std::int32_t partition, std::int64_t offset,
             const ledger::Digest& leaf) const;

 private:
  std::map<std::tuple<std::string, std::int32_t, std::int64_t>, ledger::Digest, std::less<>> leaves_;
};

}  // namespace godwit::audit::keep
