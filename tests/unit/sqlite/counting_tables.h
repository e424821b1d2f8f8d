// The simplest projection with rows: it counts the events of each task, and lists them as outputs.
#pragma once

#include <fmt/format.h>

#include <string>

#include "common/event/codec.h"
#include "common/sqlite/partition_files.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"
#include "tests/lib/temporary_directory.h"

namespace godwit::sqlite::testing {

using godwit::testing::TemporaryDirectory;

struct Counting {
  static constexpr std::string_view name = "counting";
  static constexpr int version = 1;
  struct State {
    std::int64_t events = 0;
  };
  using Outputs = std::vector<std::string>;
  std::string key(const event::Event& event) const { return event.subject; }
  void step(State& state, const event::Event& event, Outputs& out) const {
    ++state.events;
    out.push_back(event.id);
  }
};

class CountingTables {
 public:
  static std::string schema() {
    return "CREATE TABLE IF NOT EXISTS task (id TEXT PRIMARY KEY, events INTEGER, log_position TEXT);"
           "CREATE TABLE IF NOT EXISTS output (id TEXT PRIMARY KEY);"
           "CREATE TABLE IF NOT EXISTS kept (offset INTEGER PRIMARY KEY, good INTEGER);";
  }
  explicit CountingTables(Database& db)
      : load_(db.prepare("SELECT events FROM task WHERE id = ?")),
        save_(db.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?)")),
        output_(db.prepare("INSERT INTO output VALUES (?)")),
        keep_(db.prepare("INSERT INTO kept VALUES (?, ?)")) {}

  Counting::State load(const std::string& key) {
    Counting::State state;
    if (load_.bind(key).step()) state.events = load_.integer(0);
    load_.reset();
    return state;
  }
  void save(const std::string& key, const Counting::State& state, const std::string& log_position) {
    save_.run(key, state.events, log_position);
  }
  void apply(Counting::Outputs& outputs) {
    for (const std::string& id : outputs) output_.run(id);
  }
  void keep(const stream::Record& record, const event::Event&) { keep_.run(record.offset.value(), true); }
  void keep(const stream::Record& record, const event::Refusal&) { keep_.run(record.offset.value(), false); }

 private:
  Statement load_, save_, output_, keep_;
};

using File = PartitionFile<Counting, CountingTables>;
using Files = PartitionFiles<Counting, CountingTables>;

inline const stream::TopicPartition lifecycle_7{"migrations.lifecycle", stream::Partition{7}};

inline event::Event task_event(const std::string& id, const std::string& task) {
  event::Event event;
  event.id = id;
  event.source = "/workers/1";
  event.subject = task;
  event.type = event::Type::task_queued;
  event.type_name = event::full_type(event.type);
  event.data.vm_name = task;
  event.data.provider = "vsphere";
  event.data.attempt = 1;
  return event;
}

inline stream::Record record_at(std::int64_t offset) {
  return {.topic = lifecycle_7.topic,
          .partition = lifecycle_7.partition,
          .offset = stream::Offset{offset},
          .timestamp = {},
          .key = "t-1",
          .value = "value",
          .headers = {}};
}

// A directory with readers, and the one integer that a question to a file has for an answer.
struct Place {
  TemporaryDirectory directory;
  Readers readers;
  Files files{directory.path(), readers};

  std::string path() const { return files.directory() + "/p-0007.db"; }
  Result<std::unique_ptr<projection::PartitionStore>> open(const projection::LogIdentity& log = {
                                                               "cluster-a"}) {
    return files.open("p-0007", log);
  }
  std::int64_t ask(const std::string& sql) const {
    std::int64_t answer = -1;
    readers.for_each([&](const std::string&, Database& db) {
      auto statement = db.prepare(sql);
      if (statement.step()) answer = statement.integer(0);
      return true;
    });
    return answer;
  }
};

inline void fold(projection::PartitionStore& store, std::int64_t offset, const std::string& task) {
  store.fold(record_at(offset), task_event(fmt::format("e{}", offset), task));
  store.advance(record_at(offset));
}

}  // namespace godwit::sqlite::testing
