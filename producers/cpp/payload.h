// What a migration says about itself: who it is, and the figures its events carry. Plain values; how they
// become event data is payload.cpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/event/data.h"

namespace godwit::producer {

// Where data comes from or goes to (`data.source`, `data.target`). Never a secret: strip user info and query
// from a URI first.
struct Place {
  std::string uri;
  std::string format;  // empty when unknown
};

// In every event of the migration. The first five are required; task_id is the record key.
struct Identity {
  std::string task_id;
  std::string vm_name;
  std::string provider;
  std::string host;
  std::string worker_id;
  std::int64_t attempt = 1;
  std::optional<std::string> user;
  std::optional<std::string> plan_id;
  std::optional<std::string> mode;  // cold, warm, live, conversion_only
  std::optional<Place> source;
  std::optional<Place> target;
};

// What task.started announces.
struct Announcement {
  std::vector<event::StagePlan> stages;
  std::vector<event::DiskInfo> disks;
  std::optional<std::int64_t> bytes_total;
};

// One progress report. bytes_done or percentage must be there; both are on `unit_basis`.
struct Tick {
  std::string stage;
  std::optional<std::int64_t> disk_index;  // then it is about that disk alone
  std::optional<std::int64_t> iteration;   // the round of a warm migration
  std::optional<std::int64_t> bytes_done;
  std::optional<std::int64_t> bytes_total;
  std::optional<double> percentage;
  std::string unit_basis;  // virtual, allocated, delta, percent
  std::optional<std::int64_t> granularity_bytes;
};

struct Checksum {
  std::string algorithm;  // "sha256"
  std::string value;      // lower-case hexadecimal
};

// What stage.completed reports.
struct StageResult {
  Millis duration{};
  std::optional<std::int64_t> bytes_done;
  std::optional<Checksum> checksum;
  std::vector<std::string> files;
};

// What task.completed reports.
struct TaskResult {
  Millis duration{};
  std::optional<std::int64_t> bytes_exported;
  std::optional<std::int64_t> bytes_converted;
  std::optional<std::int64_t> bytes_uploaded;
};

// One of several disks of a VM.
struct DiskReport {
  std::int64_t index = 0;  // from 0
  std::int64_t count = 1;
  std::string source_path;
  std::string target_path;  // empty while it is not there
  std::string format;
  std::optional<std::int64_t> bytes_done;
  std::optional<Checksum> checksum;
};

// What precopy.completed reports of one round.
struct RoundResult {
  std::int64_t iteration = 0;
  std::int64_t bytes_copied = 0;
  Millis duration{};
  std::optional<std::int64_t> bytes_dirty;  // written at the source meanwhile
};

// What cutover.completed reports.
struct CutoverResult {
  std::int64_t iteration = 0;  // rounds before the cutover
  std::int64_t bytes_final = 0;
  Millis downtime{};
};

event::Data identity_data(const Identity& identity);
void add(event::Data& data, const Announcement& announcement);
void add(event::Data& data, const Tick& tick);
void add(event::Data& data, const StageResult& result);
void add(event::Data& data, const TaskResult& result);
void add(event::Data& data, const DiskReport& disk);
void add(event::Data& data, const RoundResult& round);
void add(event::Data& data, const CutoverResult& cutover);

template <class Part>
event::Data data_of(const Identity& identity, const Part& part) {
  event::Data data = identity_data(identity);
  add(data, part);
  return data;
}

}  // namespace godwit::producer
