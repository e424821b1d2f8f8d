// The offline commands of godwit-audit.
#pragma once

#include <optional>

namespace godwit::audit::offline {

// `godwit-audit verify|prove|compare|export|redact|key ...`: nullopt when it is none of them, otherwise the
// status to exit with: 0 when all is well, 1 with findings or when it could not be done, 2 when it was asked
// for wrongly or there was nothing to look at.
std::optional<int> run_command(int argc, const char* const* argv);

}  // namespace godwit::audit::offline
