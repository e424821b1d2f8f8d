// Settings: what the worker is asked to do with one VM, checked. Looks at the file system, changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "producers/cpp/payload.h"
#include "producers/worker/target.h"
#include "producers/worker/warm_engine.h"

namespace godwit::worker {

// One VM as asked for, in words and numbers as given; empty or 0 means not given.
struct Request {
  struct Disk {
    std::string source, format;
  };
  std::vector<Disk> disks;
  std::string target, format = "qcow2", engine = "copy";
  std::string vm, provider = "disk", user, task_id, plan_id, work_dir = "/var/tmp";
  std::int64_t attempt = 1;
  std::int64_t rate_limit = 0;
  bool warm = false;
  std::int64_t rounds = 3;
  std::int64_t round_interval_s = 0;
  std::int64_t cutover_below = 0;
};

enum class EngineKind { copy, warm, virt_v2v };

struct DiskSettings {
  std::string source;  // absolute
  std::optional<std::string> source_format;
  Target target;
};

struct Settings {
  std::vector<DiskSettings> disks;
  std::string format;
  EngineKind engine = EngineKind::copy;
  WarmOptions warm;
  std::string work_dir;
  std::optional<std::int64_t> bytes_per_second_max;
  producer::Identity identity;
};

inline constexpr std::int64_t rate_min = 65'536;  // below this an upload would look stalled
inline constexpr std::int64_t rate_max = std::int64_t{1} << 50;

// `invalid`, with the flag's name, for whatever would make the migration fail before it begins: no such
// source, no such directory, a missing tool, a name no event may carry.
Result<Settings> check(const Request& request, Timestamp now);

}  // namespace godwit::worker
