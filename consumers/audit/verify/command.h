// The offline commands of godwit-audit.
#pragma once

#include <optional>

namespace godwit::audit::verify {

// `godwit-audit verify|key ...`: nullopt when it is none of them, otherwise the status to exit with.
// verify: 0 when all is well, 1 with findings, 2 when it could not look.
std::optional<int> run_command(int argc, const char* const* argv);

}  // namespace godwit::audit::verify
