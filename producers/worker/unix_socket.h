// Unix sockets as descriptors. Their paths are short: about a hundred bytes.
#pragma once

#include <string>

#include "common/base/descriptor.h"
#include "common/base/result.h"

namespace godwit::worker {

// `invalid` for a path that is too long, else `transient`. Sockets are close-on-exec.
Result<Descriptor> connect_unix(const std::string& path);
// Usable by its owner alone. A socket left there by somebody who is gone is replaced, one that answers is
// not.
Result<Descriptor> listen_unix(const std::string& path);

}  // namespace godwit::worker
