// Plays every *.scenario file: events one by one through the real loop, expectations as they come.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>

#include "common/event/codec.h"
#include "tests/scenarios/observed.h"
#include "tests/scenarios/script.h"

namespace godwit::scenario {
namespace {

std::set<std::string> scenario_files() {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator{GODWIT_SCENARIOS_DIR})
    if (entry.path().extension() == ".scenario") out.insert(entry.path().string());
  return out;
}

class Stage {
 public:
  Stage() {
    views_["progress"] = observe_progress(log_);
    views_["metrics"] = observe_metrics(log_);
  }

  // Empty when the line went well, else what is wrong.
  std::string play(const Line& line) { return line.words[0] == "expect" ? expect(line.words) : tell(line); }

 private:
  std::string expect(const Words& words) {
    const auto view = words.size() < 3 ? views_.end() : views_.find(words[1]);
    if (view == views_.end()) return "write: expect progress|metrics ...";
    return view->second->check({words.begin() + 2, words.end()});
  }

  std::string tell(const Line& line) {
    auto told = read_event(line);
    if (!told) return told.error().message;
    if (const auto event = event::decode_structured(told->json); !event) return event.error().message();
    log_.append({.topic = told->topic, .key = told->key, .value = told->json, .headers = {}});
    for (auto& [name, view] : views_) view->fold();
    return "";
  }

  stream::MemoryLog log_{1};
  std::map<std::string, std::unique_ptr<Observed>> views_;
};

TEST_CASE("what the scenarios say comes true") {
  const auto files = scenario_files();
  REQUIRE(!files.empty());
  for (const std::string& file : files) {
    const auto script = read_script(file);
    REQUIRE(script);
    Stage stage;
    for (const Line& line : *script) {
      const std::string wrong = stage.play(line);
      if (!wrong.empty()) ADD_FAIL_CHECK_AT(file.c_str(), line.number, wrong);
    }
  }
}

TEST_CASE("an expectation that does not come true is told") {
  Stage stage;
  CHECK(stage.play({1, {"00:00", "task.started", "task-1"}}).empty());
  CHECK(stage.play({2, split_words("expect progress task-1 status=failed")}) ==
        "status is running, not failed; ");
  CHECK_FALSE(stage.play({3, split_words("expect progress task-2 status=running")}).empty());
  CHECK_FALSE(stage.play({4, split_words("expect progress task-1 absent")}).empty());
  CHECK_FALSE(stage.play({5, split_words("expect metrics godwit_migrations_started_total 2")}).empty());
  CHECK_FALSE(stage.play({6, split_words("expect weather sunny today")}).empty());
  CHECK(stage.play({7, {"00:01", "task.completed", "task-1"}}).find("duration_ms") != std::string::npos);
  CHECK(stage.play({8, {"00:02", "task.paused", "task-1"}}).empty());
  CHECK_FALSE(stage.play({9, split_words("expect progress unchanged")}).empty());
}

}  // namespace
}  // namespace godwit::scenario
