// Running one attempt of what Settings ask for: its work directory, engine and uploaders, all of which are
// gone when it returns.
#pragma once

#include <stop_token>

#include "producers/worker/control.h"
#include "producers/worker/order.h"
#include "producers/worker/pipeline.h"
#include "producers/worker/settings.h"

namespace godwit::worker {

// On the calling thread, which must stay until the end: tools die with it. `invalid` when there is no room to
// work in; no event has been sent then.
Result<Outcome> execute(const Settings& settings, producer::Migration& migration, Observer& observer,
                        const Clock& clock, Control& control, const std::stop_token& stop);

// Passes an order on. Any thread.
void obey(const Order& order, Control& control, std::stop_source& cancel);

}  // namespace godwit::worker
