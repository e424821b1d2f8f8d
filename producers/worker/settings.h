// Settings: what `godwit-worker migrate` was asked to do, checked. Looks at the file system, changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/service/flags.h"
#include "producers/cpp/payload.h"
#include "producers/worker/target.h"

namespace godwit::worker {

// As given on the command line; empty or 0 means not given.
struct MigrateFlags {
  std::string source, source_format, target, format = "qcow2";
  std::string vm, provider = "disk", user, task_id, plan_id, work_dir = "/var/tmp", spool;
  std::int64_t attempt = 1;
  std::int64_t rate_limit = 0;
  service::KafkaFlags kafka;

  void add(service::Flags& flags);
};

struct Settings {
  std::string source;  // absolute
  std::optional<std::string> source_format;
  std::string format;
  Target target;
  std::string work_dir;
  std::optional<std::int64_t> bytes_per_second_max;
  producer::Identity identity;
};

// `invalid`, with the flag's name, for whatever would make the migration fail before it begins: no such
// source, no such directory, a missing tool, a name no event may carry.
Result<Settings> check(const MigrateFlags& flags, Timestamp now);

}  // namespace godwit::worker
