// The check of one partition's store: its file, and the sealed segments beside it.
#pragma once

#include <string>
#include <vector>

#include "consumers/audit/keep/redactions.h"
#include "consumers/audit/verify/claims.h"
#include "consumers/audit/verify/finding.h"

namespace godwit::audit::verify {

// What a store is judged by, besides itself.
struct Evidence {
  Claims claims = {};
  std::vector<ledger::VerifierKey> keys = {};  // none: signatures are not looked at
  std::vector<keep::Redaction> redactions = {};
  std::string archive = {};  // where pruned segments lie; empty: of those only the hashes are checked
};

// Reads every record in index order. May run while the consumer writes: sealed files, which are most of a
// store, are read first, and what is left as one committed state. `name` is that of the store
// ("platform.activity-0003"). Claims of more records than there are stay with the caller, who may know
// another store of that partition.
PartitionReport check_partition(const std::string& path, const std::string& name, const Evidence& evidence);

}  // namespace godwit::audit::verify
