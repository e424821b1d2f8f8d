// Rig: the dashboard's view over two partition files in a temporary directory, fed with events and asked over
// its routes. Each tell() is one committed batch.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/json/fields.h"
#include "common/service/view.h"
#include "consumers/dashboard/tables.h"
#include "consumers/dashboard/view.h"
#include "story.h"
#include "tests/lib/temporary_directory.h"

namespace godwit::test {

inline std::string header(const http::Response& response, std::string_view name) {
  for (const auto& entry : response.headers)
    if (entry.first == name) return entry.second;
  return "";
}

class NoPublisher final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord, stream::Acknowledge) override {
    return transient_error("there is no log here");
  }
  Status flush(Millis) override { return Done{}; }
};

class Rig {
 public:
  Rig() {
    open();
    view_.routes(router_);
  }

  // Tells the view what a commit would.
  void changed(const std::vector<std::string>& task_ids, const std::string& store = "p-0000") {
    view_.changed(store, task_ids);
  }
  dashboard::DashboardView& view() { return view_; }

  // Folds the events into the file of partition 0 or 1 and commits.
  void tell(const std::vector<event::Event>& events, int partition = 0) {
    auto& store = *files_.at(static_cast<std::size_t>(partition));
    store.begin();
    for (const auto& event : events) {
      const stream::Record record{.topic = "migrations.lifecycle",
                                  .partition = stream::Partition{partition},
                                  .offset = stream::Offset{next_offset_++},
                                  .timestamp = event.time,
                                  .key = event.subject,
                                  .value = {},
                                  .headers = {}};
      store.fold(record, event);
      store.advance(record);
    }
    store.commit();
  }

  void restart() {
    files_.clear();
    open();
  }

  http::Response get(const std::string& target, const http::NameValues& headers = {}) const {
    auto request = http::make_request("GET", target);
    REQUIRE(request.ok());
    request->headers = headers;
    return router_.handle(*request);
  }

  // The answer's body, which must be JSON with status 200.
  rapidjson::Document json(const std::string& target) const {
    const auto response = get(target);
    REQUIRE(response.status == 200);
    rapidjson::Document document;
    document.Parse(response.body.c_str());
    REQUIRE_FALSE(document.HasParseError());
    return document;
  }

  FakeClock clock{noon + std::chrono::hours{1}};

 private:
  void open() {
    for (const char* name : {"p-0000", "p-0001"}) {
      auto opened = stores_.open(name, {"cluster"});
      REQUIRE(opened.ok());
      files_.push_back(std::move(*opened));
    }
  }

  // Nothing listens on port 9: a test asks no program that happens to run here.
  static dashboard::Settings nobody_else() {
    const std::vector<std::string> nobody{"http://127.0.0.1:9"};
    dashboard::Settings settings;
    settings.progress = settings.audit = settings.webhooks = settings.metrics = nobody;
    return settings;
  }

  testing::TemporaryDirectory directory_;
  NoPublisher publisher_;
  sqlite::Readers readers_;
  cluster::Alone peers_{readers_};
  sqlite::PartitionFiles<dashboard::Dashboard, dashboard::Tables> stores_{directory_.path(), readers_};
  std::vector<std::unique_ptr<projection::PartitionStore>> files_;
  dashboard::DashboardView view_{{readers_, publisher_, clock, peers_, stores_.directory()}, nobody_else()};
  http::Router router_;
  std::int64_t next_offset_ = 0;
};

// The task ids of a list, in its order.
inline std::vector<std::string> ids(const rapidjson::Value& list) {
  std::vector<std::string> out;
  for (const auto& task : list.GetArray()) out.emplace_back(task["task_id"].GetString());
  return out;
}

}  // namespace godwit::test
