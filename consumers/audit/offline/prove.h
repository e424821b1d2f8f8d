// The proof of one record, for whoever has the public key and nothing else.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"

namespace godwit::audit::offline {

// A tlog-proof (ledger/proof_text.h) of the first record of that event, with its leaf data, under the newest
// signed tree. An error when there is no such record, when no signed tree has it yet, and when the store does
// not give the tree that was signed.
Result<std::string> prove(const std::string& data, const std::string& event_id,
                          const std::optional<std::string>& source);

}  // namespace godwit::audit::offline
