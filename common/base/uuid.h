// UUID version 7 (RFC 9562, section 5.7): time-ordered ids for new events. Randomness lives here and in no
// projection.
#pragma once

#include <string>

#include "common/base/clock.h"

namespace godwit {

// A fresh id, e.g. "0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e7f". Safe from every thread.
std::string make_uuid_v7(Timestamp now);

}  // namespace godwit
