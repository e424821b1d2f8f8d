// Rig: the audit without Kafka and sockets: a log in memory, the real loop, real files in a directory of its
// own, and the real routes. Records are appended, folded with fold(), asked for with get().
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/http/router.h"
#include "common/json/fields.h"
#include "common/projection/runner.h"
#include "common/sqlite/partition_files.h"
#include "common/stream/memory_log.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/keep/redactions.h"
#include "consumers/audit/tables.h"
#include "consumers/audit/view.h"

namespace godwit::audit::test {

inline const std::string lifecycle = "migrations.lifecycle";
inline const std::string activity = "platform.activity";

// A valid event of a task, at a time that many milliseconds after the epoch.
event::Event task_event(event::Type type, const std::string& id, std::int64_t at_ms = 0,
                        const std::string& task_id = "task-1");
// A valid event by an actor.
event::Event actor_event(event::Type type, const std::string& id, std::int64_t at_ms = 0);

struct Answer {
  int status = 0;
  std::string body;
  rapidjson::Document json;
  // Of a page.
  std::vector<std::string> ids() const;
  std::optional<std::string> next_cursor() const;
  const rapidjson::Value& event(rapidjson::SizeType index = 0) const { return json["events"][index]; }
};

class Rig {
 public:
  explicit Rig(std::int32_t partitions = 2, const Audit& audit = {},
               Settings settings = {.access_events = "off", .own_events = "off"});
  ~Rig();

  void append(const event::Event& event, std::int32_t partition = 0, const std::string& topic = lifecycle);
  void append_record(stream::OutRecord record, std::int32_t partition = 0, Timestamp timestamp = {});
  void skip_offsets(std::int64_t count) { log_.skip_offsets({lifecycle, stream::Partition{0}}, count); }
  void fold();
  // Ends the process as kill -9 would, with what is committed on disk, and starts it again.
  void restart();
  // All files of stores go, and the process starts again: the next fold() is one of the whole log.
  void forget();
  // Reads the records from `offset` again, as after a rebalance.
  void redeliver(std::int32_t partition, std::int64_t offset) {
    source_->rewind({lifecycle, stream::Partition{partition}}, stream::Offset{offset});
  }

  Answer get(const std::string& target) const;
  // Signs what there is, as a consumer does when it ends.
  void sign() { view_->start(), view_->stop(); }
  // The answer as handlers give it.
  http::Response ask(const std::string& target, const http::NameValues& headers = {}) const;
  std::string metrics() const;
  std::string file(const std::string& topic = lifecycle, std::int32_t partition = 0) const;
  // A connection like any other program's.
  sqlite::Database open_by_hand(const std::string& topic = lifecycle, std::int32_t partition = 0) const;
  std::int64_t rows() const;  // of open segments
  const sqlite::Readers& readers() const { return readers_; }
  const stream::MemoryLog& log() const { return log_; }
  // Of what is to be pruned; null unless the audit was made with some.
  const std::shared_ptr<keep::PruneOrders>& orders() const { return audit_.prunings; }
  // For the folds from the next restart() on.
  void set_redactions(std::shared_ptr<const keep::Redactions> list) { audit_.redactions = std::move(list); }

 private:
  void start();
  std::vector<stream::TopicPartition> all_partitions() const;

  Audit audit_;
  Settings settings_;
  std::string directory_;
  stream::MemoryLog log_;
  FakeClock clock_{from_unix_ms(0)};
  sqlite::Readers readers_;
  cluster::Alone peers_{readers_};
  std::unique_ptr<sqlite::PartitionFiles<Audit, Tables>> files_;
  std::unique_ptr<projection::Runner> runner_;
  std::unique_ptr<stream::MemorySource> source_;
  std::unique_ptr<AuditView> view_;
  http::Router router_;
};

}  // namespace godwit::audit::test
