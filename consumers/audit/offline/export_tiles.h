// A store as the files of a static log (c2sp.org/tlog-tiles), for other people's tools.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace godwit::audit::offline {

// Writes FOLDER/<origin>/checkpoint and .../tile/... for each partition that has a checkpoint, of its newest
// signed tree, in place of what lies there. The folders written.
Result<std::vector<std::string>> export_tiles(const std::string& data, const std::string& folder);

}  // namespace godwit::audit::offline
