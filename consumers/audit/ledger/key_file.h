// The file of the private key: one line, Signer::secret_text(), mode 0600.
#pragma once

#include <string>

#include "common/base/result.h"
#include "consumers/audit/ledger/keys.h"

namespace godwit::audit::ledger {

// `fatal` when the file is missing, no regular file, of another user, open to group or others, or no key.
Result<Signer> read_key_file(const std::string& path);

// Reads the key, or makes one of that name when there is no file. Whole on disk before it is seen: a crash
// leaves the file or none, and of two that start at once both get the same key. `fatal` also when the file's
// key has another name: it belongs to another cluster.
Result<Signer> open_key_file(const std::string& path, const std::string& key_name);

}  // namespace godwit::audit::ledger
