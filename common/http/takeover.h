// Taking a connection away from CivetWeb, with public means alone: CivetWeb is left with a socket that leads
// nowhere, which it may close as it likes. Linux only, and not for TLS. Private to this folder.
#pragma once

#include <civetweb.h>

#include "common/base/descriptor.h"
#include "common/base/result.h"

namespace godwit::http {

// Ours lie above, so that CivetWeb's, which take the lowest free numbers, are found among few.
inline constexpr int taken_descriptors_from = 1024;

// The client's socket, non-blocking. `transient` when it cannot be found or there are no descriptors left;
// the connection is CivetWeb's then as before.
Result<Descriptor> take_over(mg_connection* connection);

}  // namespace godwit::http
