// Flags: the command line of each subcommand.
#pragma once

#include <string>
#include <vector>

#include "common/service/flags.h"
#include "producers/worker/settings.h"

namespace godwit::worker {

// Where events go: the same for all that migrate.
struct EventFlags {
  service::KafkaFlags kafka;
  std::string spool;

  void add(service::Flags& flags);
};

struct MigrateFlags {
  Request request;
  std::vector<std::string> sources;
  std::string source_format;
  std::string control;
  EventFlags events;

  void add(service::Flags& flags);
  // After parsing.
  Request asked() const;
};

struct PlanFlags {
  std::string file, work_dir = "/var/tmp", user, control;
  std::int64_t parallel = 2;
  EventFlags events;

  void add(service::Flags& flags);
};

struct ControlFlags {
  std::string socket;
  std::vector<std::string> words;

  void add(service::Flags& flags);
};

}  // namespace godwit::worker
