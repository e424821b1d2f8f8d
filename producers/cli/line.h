// One record as one line for people.
#pragma once

#include <string>

#include "common/event/codec.h"
#include "common/stream/record.h"

namespace godwit::cli {

// "2026-11-21T09:54:19.257Z migrations.lifecycle/3@12 task-1 task.started vm=web-1 provider=vsphere". Control
// characters in text from events are replaced, so that no event can write to the terminal.
std::string human_line(const stream::Record& record, const event::Decoded& event);

}  // namespace godwit::cli
