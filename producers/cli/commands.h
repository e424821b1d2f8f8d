// The subcommands of `godwit`. Each adds its flags and runs; run() gives the status to exit with: 0 done, 1
// it could not be done, 2 it was asked for wrongly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/service/flags.h"
#include "common/stream/event_record.h"
#include "producers/cpp/migration.h"

namespace godwit::cli {

// godwit topics create
class TopicsCreate {
 public:
  void add(service::Flags& flags);
  int run(const kafka::ClientOptions& client) const;

 private:
  std::int64_t partitions_ = 12;
  std::int64_t replication_ = 0;  // 0: as many as there are brokers, at most 3
  std::int64_t wait_seconds_ = 30;
};

// godwit emit: one event from flags, or NDJSON from standard input
class Emit {
 public:
  void add(service::Flags& flags);
  int run(const kafka::ClientOptions& client) const;

 private:
  int follow(const kafka::ClientOptions& client) const;  // also 3: accepted, but not in Kafka yet
  stream::ContentMode mode() const;
  std::string source() const;

  std::string type_, subject_, source_, data_ = "{}", mode_ = "structured", spool_, durability_ = "power-cut";
  std::vector<std::string> members_;
  std::int64_t timeout_seconds_ = 30, owed_max_ = 500'000;
  bool follow_ = false, ack_ = false;
};

// godwit run: a command as a stage of a migration. Its status is the command's.
class Run {
 public:
  void add(service::Flags& flags);
  int run(const kafka::ClientOptions& client) const;

 private:
  int run_command(producer::Migration& migration) const;

  std::string stage_, vm_, task_, provider_ = "disk", plan_, user_, progress_ = "auto", spool_;
  std::vector<std::string> command_;
  std::int64_t attempt_ = 1, stage_index_ = 0, total_stages_ = 0, bytes_total_ = 0, progress_fd_ = 0;
  std::int64_t timeout_seconds_ = 30;
  bool whole_task_ = false;
};

// godwit spool drain: sends what dead processes left in a spool. 0: all of it is in Kafka; also 3: some is
// still owed, 1: some can never be sent
class SpoolDrain {
 public:
  void add(service::Flags& flags);
  int run(const kafka::ClientOptions& client) const;

 private:
  std::string spool_;
  std::int64_t timeout_ms_ = 30'000;
};

// godwit tail: what lies in the topics, as lines for people or NDJSON
class Tail {
 public:
  void add(service::Flags& flags);
  int run(const kafka::ClientOptions& client) const;

 private:
  std::vector<std::string> topics_;
  std::string from_ = "end", format_ = "human", task_;
  bool exit_at_end_ = false;
  std::int64_t limit_ = 0;
};

// godwit replay: rebuilds a view from the log, or folds an exported log without Kafka
class Replay {
 public:
  void add(service::Flags& flags);
  int run() const;

 private:
  int rebuild() const;
  int fold_file() const;

  std::string consumer_, url_, from_, data_, listen_;
  bool serve_ = false;
};

// godwit audit verify|prove|...: what godwit-audit does on files alone; godwit webhooks listen: a receiver to
// try things out with.
struct HandedOver {
  std::string_view word;     // behind `godwit`
  std::string_view program;  // that does it
  std::string_view usage;    // of the words that follow

  // Becomes the program, from beside this one or from PATH, with those words; returns only when that cannot
  // be. To be asked before any flag is parsed: they are all its own.
  int run(int argc, char** argv) const;
};
inline constexpr HandedOver handed_over[]{
    // NOLINT: a table
    {"audit", "godwit-audit", "audit verify|prove|compare|export|redact|key ..."},
    {"webhooks", "godwit-webhooks", "webhooks listen ..."},
};

// godwit bench produce: a seeded load of realistic migrations
class BenchProduce {
 public:
  void add(service::Flags& flags);
  int run(const kafka::ClientOptions& client) const;

 private:
  std::int64_t rate_ = 1000, tasks_ = 100, seconds_ = 10, seed_ = 1, events_ = 0, ticks_ = 40;
  std::string prefix_ = "bench";
};

}  // namespace godwit::cli
