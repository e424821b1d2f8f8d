// The subcommands, each of which ends with the program's exit status.
#pragma once

#include "producers/worker/flags.h"
#include "producers/worker/pipeline.h"

namespace godwit::worker {

inline constexpr const char* program_name = "godwit-worker";

int exit_status(Outcome::End end);

int migrate(const MigrateFlags& flags);
int run_plan(const PlanFlags& flags);
int control(const ControlFlags& flags);

}  // namespace godwit::worker
