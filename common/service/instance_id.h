// A name for an instance that outlives its process: whoever holds a data directory is the same member of the
// group.
#pragma once

#include <string>

#include "common/base/clock.h"

namespace godwit::service {

// Reads `<directory>/instance-id`, or makes the directory and the file. Fatal when neither can be done.
Result<std::string> kept_instance_id(const std::string& directory, const Clock& clock);

}  // namespace godwit::service
