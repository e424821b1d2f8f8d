// Ending by signal: SIGINT and SIGTERM are waited for, not handled, so that no code runs in a signal's
// context.
#pragma once

#include <optional>
#include <thread>

#include "common/base/clock.h"

namespace godwit::service {

// Blocks the stop signals in this thread and all started later, and ignores SIGPIPE and SIGXFSZ. Call first
// in main.
void block_stop_signals();

// Waits for a stop signal, at most `timeout` when given. True when one came.
bool wait_for_stop_signal(std::optional<Millis> timeout = std::nullopt);

// Blocks SIGHUP too, in this thread and all started later: for a program that can read its files again.
void block_reload_signal();

enum class Told { stop, reload };

// Waits for a stop signal or SIGHUP, both blocked before.
Told wait_to_be_told();

// Ends the process with `status` if it has not ended by itself within `timeout`: a clean stop is tried, never
// waited for without end. What is committed is safe either way.
void end_at_the_latest(Millis timeout, int status);

}  // namespace godwit::service
