// How events change the parts of a task beside its stages: disks, the rounds of a warm migration, its
// downtime, and the plan it belongs to. Pure; each is called for events of the current attempt alone.
#pragma once

#include "consumers/progress/projection.h"

namespace godwit::progress {

void fold_disk_tick(Task& task, const event::Event& tick);
// disk.started, disk.completed, disk.failed
void fold_disk(Task& task, const event::Event& event);

// A tick of a later round than the full copy.
void fold_round_tick(Task& task, const event::Event& tick);
// precopy.*
void fold_round(Task& task, const event::Event& event);
// cutover.*, downtime.*
void fold_downtime(Task& task, const event::Event& event);

// plan.*
void fold_batch(Batch& batch, const event::Event& event);
bool is_plan_event(event::Type type);

}  // namespace godwit::progress
