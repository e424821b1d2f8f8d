// `expect progress TASK name=value ...` compares members of the task as the API shows it,
// `stages.export.status`, `disks.0.status` or `warm.rounds.1.status` within it, numbers to one decimal, null
// for absent ones. `expect progress TASK absent`: the API does not show it. `expect progress unchanged`:
// nothing but the time of the last news differs from the expectation before.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "common/json/fields.h"
#include "common/json/writer.h"
#include "consumers/progress/state_json.h"
#include "tests/scenarios/observed.h"
#include "tests/scenarios/script.h"

namespace godwit::scenario {
namespace {

using progress::Progress;
using progress::Task;

std::string text_of(const rapidjson::Value& value) {
  if (value.IsString()) return value.GetString();
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsDouble()) return fmt::format("{}", std::round(value.GetDouble() * 10) / 10);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out{buffer};
  value.Accept(out);
  return buffer.GetString();
}

// The value at `path`, whose parts are members of objects, or of the element of a list that is about that
// stage.
const rapidjson::Value* find(const rapidjson::Value& from, const std::string& path) {
  const std::size_t dot = path.find('.');
  const std::string part = path.substr(0, dot);
  const rapidjson::Value* found = nullptr;
  if (from.IsArray()) {
    for (const auto& element : from.GetArray()) {
      const json::Object in{element};
      const auto number = in.integer("disk_index") ? in.integer("disk_index") : in.integer("iteration");
      if (in.text("stage") == part || std::to_string(number.value_or(-1)) == part) found = &element;
    }
  } else {
    found = json::Object{from}.find(part.c_str());
  }
  return found == nullptr || dot == std::string::npos ? found : find(*found, path.substr(dot + 1));
}

class ObservedProgress final : public Observed {
 public:
  explicit ObservedProgress(stream::MemoryLog& log) : fold_(log) {}

  void fold() override { fold_.turn(); }

  std::string check(const Words& expected) override {
    auto now = shown();
    std::string wrong = expected == Words{"unchanged"} ? changes(now) : check_task(now, expected);
    last_ = std::move(now);
    return wrong;
  }

 private:
  using Shown = std::map<std::string, std::string>;  // tasks as the API shows them

  Shown shown() {
    Shown out;
    for (const auto& [id, task] : fold_.image().states) {
      if (task.life.removed || task.batch) continue;
      Task silent = task;
      silent.life.updated_at = Timestamp{};
      out[id] = progress::api_json(id, silent, false);
    }
    return out;
  }

  std::string changes(const Shown& now) const {
    std::string out;
    for (const auto& [id, json] : now)
      if (!last_.contains(id) || last_.at(id) != json) out += "now " + json;
    return now.size() < last_.size() ? "a task is gone" : out;
  }

  static std::string check_task(const Shown& now, const Words& expected) {
    if (expected.empty()) return "expect which task?";
    const auto found = now.find(expected[0]);
    const bool absent = expected.size() == 2 && expected[1] == "absent";
    if (found == now.end()) return absent ? "" : "no such task is shown";
    if (absent) return "it is shown: " + found->second;
    rapidjson::Document document;
    document.Parse<json::parse_flags>(found->second.data(), found->second.size());
    std::string out;
    for (std::size_t i = 1; i < expected.size(); ++i) {
      const auto member = split_member(expected[i]);
      if (!member) return "'" + expected[i] + "' is no name=value";
      const rapidjson::Value* value = find(document, member->first);
      const std::string is = value == nullptr ? "null" : text_of(*value);
      std::string wanted = member->second;
      if (wanted.size() > 1 && wanted.front() == '"') wanted = wanted.substr(1, wanted.size() - 2);
      if (is != wanted) out += fmt::format("{} is {}, not {}; ", member->first, is, wanted);
    }
    return out;
  }

  Fold<Progress> fold_;
  Shown last_;
};

}  // namespace

std::unique_ptr<Observed> observe_progress(stream::MemoryLog& log) {
  return std::make_unique<ObservedProgress>(log);
}

}  // namespace godwit::scenario
