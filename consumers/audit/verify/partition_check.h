// The check of one partition's store: its file, and the sealed segments beside it.
#pragma once

#include <string>
#include <vector>

#include "consumers/audit/verify/claims.h"
#include "consumers/audit/verify/finding.h"

namespace godwit::audit::verify {

// Reads every record in index order. May run while the consumer writes: sealed files, which are most of a
// store, are read first, and what is left as one committed state. `name` is that of the store
// ("platform.activity-0003"). Claims of more records than there are stay with the caller, who may know
// another store of that partition.
PartitionReport check_partition(const std::string& path, const std::string& name, const Claims& claims);

}  // namespace godwit::audit::verify
