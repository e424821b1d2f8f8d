// Taking the value out of a record that must not be kept, without breaking the tree over it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "consumers/audit/keep/redactions.h"

namespace godwit::audit::offline {

struct RedactOptions {
  std::string data;
  std::string signing_key;  // file of the key that signs it
  std::string event_id;
  std::optional<std::string> source = {};
  std::string reason = {};
};

// Of each record with that event id, also where it was sent again: signs and keeps the redaction, then takes
// out value and what was found in it, then has the audit tell of it when it runs again. Each step may be
// repeated, and what was interrupted is ended by the same command. An error when the audit has the store
// open, when there is no such record or it has no value, and when it was pruned.
Result<std::vector<keep::Redaction>> redact(const RedactOptions& options, const Clock& clock);

}  // namespace godwit::audit::offline
