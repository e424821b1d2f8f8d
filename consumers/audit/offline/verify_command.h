// godwit-audit verify: flags, findings as lines, and the status to exit with. Private to
// consumers/audit/offline.
#pragma once

namespace godwit::audit::offline {

// 0 when all is well, 1 with findings, 2 when it could not look.
int run_verify(int argc, const char* const* argv);

}  // namespace godwit::audit::offline
