// The subcommands that end with an exit status: `migrate` and `control`.
#pragma once

#include "producers/worker/flags.h"

namespace godwit::worker {

inline constexpr const char* program_name = "godwit-worker";

int migrate(const MigrateFlags& flags);
int control(const ControlFlags& flags);

}  // namespace godwit::worker
