// Where signed checkpoints are read from.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/verify/claims.h"

namespace godwit::audit::verify {

// What the audit keeps of what it has signed (signed_heads.h); none when there is no such file. Errors when
// it cannot be read.
Result<std::vector<Published>> read_signed_file(const std::string& path);

// An export of godwit.checkpoints, a record a line: as `godwit tail --format log` writes it, or
// {"key":"<origin>","value":{"note":"...","frontier":"<base64>"}}. `invalid`, with file and line, for any
// other line: what cannot be read might be what matters.
Result<std::vector<Published>> read_export(const std::string& path);

}  // namespace godwit::audit::verify
