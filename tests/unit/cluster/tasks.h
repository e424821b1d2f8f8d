// A town of the progress consumer, and tasks for it.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "common/json/fields.h"
#include "consumers/progress/tables.h"
#include "consumers/progress/view.h"
#include "tests/unit/cluster/town.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::test {

using ProgressTown = Town<progress::Progress, progress::Tables, progress::ProgressView, progress::Settings>;

inline std::string task_name(int number) { return fmt::format("task-{:04}", number); }

template <class AnyTown>
void start_tasks(AnyTown& town, int count) {
  Teller teller{1};
  for (int i = 0; i < count; ++i) {
    event::Event start = teller.make(event::Type::task_started, 1);
    start.subject = task_name(i);
    start.data.task_id = start.subject;
    start.data.provider = "vsphere";
    town.tell(start);
  }
  town.fold();
  town.hear();
}

struct TaskPage {
  int status = 0;
  std::vector<std::string> ids = {};
  std::optional<std::string> next = {};
  bool partial = false;
  std::vector<std::int64_t> missing = {}, catching_up = {};
};

inline TaskPage page_of(const http::Response& response) {
  TaskPage out{.status = response.status};
  rapidjson::Document document;
  document.Parse<json::parse_flags>(response.body.data(), response.body.size());
  REQUIRE(!document.HasParseError());
  const json::Object in{document};
  in.each("tasks", [&](const rapidjson::Value& task) {
    out.ids.push_back(json::Object{task}.text("task_id").value());
  });
  out.next = in.text("next_cursor");
  out.partial = in.flag("partial");
  in.each("missing", [&](const rapidjson::Value& number) { out.missing.push_back(number.GetInt64()); });
  in.each("catching_up",
          [&](const rapidjson::Value& number) { out.catching_up.push_back(number.GetInt64()); });
  return out;
}

}  // namespace godwit::test
