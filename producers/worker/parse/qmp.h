// QMP, the protocol of qemu-storage-daemon: one JSON object per line. What it says, as values, and commands
// as lines. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit::worker::parse {

struct QmpMessage {
  enum class Kind { greeting, answer, refusal, event };
  Kind kind = Kind::event;
  std::string name;  // of an event
  std::string text;  // of a refusal, for people
  std::string json;  // an answer's value or an event's data
};

// `invalid` for a line that is none of the four.
Result<QmpMessage> qmp_message(std::string_view line);

// `arguments` is a JSON object.
std::string qmp_command(std::string_view name, std::string_view arguments);

// How far a job is, from the answer to query-jobs; nullopt when there is no such job any more.
struct QmpJob {
  std::int64_t bytes_done = 0;
  std::int64_t bytes_total = 0;
};
std::optional<QmpJob> qmp_job(std::string_view jobs, std::string_view id);

// How a job ended, from its BLOCK_JOB_COMPLETED or BLOCK_JOB_CANCELLED; nullopt for any other message. Its
// figures are final, unlike those of the last look before.
struct QmpJobEnd {
  std::string id;
  std::int64_t bytes_done = 0;
  std::int64_t bytes_total = 0;
  std::string error;  // why it failed; empty when it did not
  bool cancelled = false;
};
std::optional<QmpJobEnd> qmp_job_end(const QmpMessage& message);

// The bytes a node's bitmap marks, from the answer to query-named-block-nodes; nullopt when there is no such
// bitmap.
std::optional<std::int64_t> qmp_dirty_bytes(std::string_view nodes, std::string_view node,
                                            std::string_view bitmap);

}  // namespace godwit::worker::parse
