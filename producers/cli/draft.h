// Drafts: events as people type them. Fills what a producer may leave to us, and leaves everything else to
// the codec.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/event/codec.h"

namespace godwit::cli {

// What a draft gets when it does not say.
struct DraftDefaults {
  std::string source;  // "/cli/<host>"
  Timestamp now;
};

// One CloudEvent as a JSON object in which specversion, id, time and source may be missing, and `type` may be
// short: "task.started" stands for "io.godwit.task.started.v1". `data.attempt` of a task event defaults to 1.
event::Decoded complete_draft(std::string_view json, const DraftDefaults& defaults);
// The same, and a type that is not in the catalogue is refused: no topic is known for it.
event::Decoded draft_to_send(std::string_view json, const DraftDefaults& defaults);

// The JSON object for `--type`, `--subject`, `--data` and NAME=VALUE members; a VALUE that is JSON is taken
// as such, else as text. Invalid names the flag.
Result<std::string> draft_from_flags(const std::string& type, const std::string& subject,
                                     const std::string& data, const std::vector<std::string>& members);

}  // namespace godwit::cli
