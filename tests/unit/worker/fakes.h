// Fakes for pipeline tests: a runner that plays tools from a script, an uploader that does as told.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "producers/worker/observer.h"
#include "producers/worker/runner.h"
#include "producers/worker/tool.h"
#include "producers/worker/upload.h"

namespace godwit::test {

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

// Plays each tool: by default it succeeds, writes its output file and prints what the real one would. A tool
// is named by its program and first argument, "qemu-img convert".
class ScriptedRunner final : public worker::Runner {
 public:
  struct Play {
    worker::Exit exit{.code = 0, .signal = std::nullopt};
    std::string standard_output;
    std::string standard_error;
    std::function<void()> meanwhile;
  };

  void fail(const std::string& tool, int code, std::string standard_error) {
    plays_[tool] = {{code, std::nullopt}, "", std::move(standard_error), {}};
  }
  void kill(const std::string& tool, int signal) { plays_[tool] = {{std::nullopt, signal}, "", "", {}}; }
  void describe(std::string json) { info_ = std::move(json); }
  void remove(const std::string& tool) { missing_ = tool; }
  // While the tool runs, calls `action`; the tool then ends by SIGTERM, as a cancelled one does.
  void interrupt(const std::string& tool, std::function<void()> action) {
    plays_[tool] = {{std::nullopt, 15}, "", "", std::move(action)};
  }
  // What the export writes instead of the source's bytes.
  void garble_export() { garbled_ = true; }

  Result<worker::Exit> run(const worker::Command& command, const worker::OutputSink& sink,
                           std::stop_token) override {
    const std::string name = name_of(command);
    ran.push_back(name);
    if (name == missing_)
      return invalid_error("cannot start " + command.program + ": No such file or directory");
    if (const auto play = plays_.find(name); play != plays_.end()) {
      if (play->second.meanwhile) play->second.meanwhile();
      if (!play->second.standard_error.empty())
        sink(worker::Channel::standard_error, play->second.standard_error);
      return play->second.exit;
    }
    succeed(name, command, sink);
    return worker::Exit{.code = 0, .signal = std::nullopt};
  }

  std::vector<std::string> ran;

 private:
  static std::string name_of(const worker::Command& command) {
    if (command.program == "qemu-img") return command.program + " " + command.arguments.front();
    return command.program;
  }

  void succeed(const std::string& name, const worker::Command& command,
               const worker::OutputSink& sink) const {
    const std::string& last = command.arguments.back();
    if (name == "qemu-img info") sink(worker::Channel::standard_output, info_);
    if (name == "qemu-img convert") {
      sink(worker::Channel::standard_output, "    (0.00/100%)\r    (50.00/100%)\r");
      sink(worker::Channel::standard_output, "    (100.00/100%)\r\n");
      write_file(last, "converted");
    }
    if (name == "qemu-img compare")
      sink(worker::Channel::standard_output, "    (100.00/100%)\rImages are identical.\n");
    if (name == "nbdcopy") {
      sink(worker::Channel::extra, "d t connection=1 Read id=1 offset=0x0 count=0x6 ...\n");
      sink(worker::Channel::extra, "d t connection=1 ...Read id=1 return=0\n");
      write_file(last, garbled_ ? "s0urce" : "source");
    }
  }

  std::map<std::string, Play> plays_;
  std::string missing_;
  std::string info_ =
      "{\n    \"virtual-size\": 4096,\n    \"format\": \"vmdk\",\n    \"actual-size\": 512\n}\n";
  bool garbled_ = false;
};

class ScriptedUploader final : public worker::Uploader {
 public:
  void fail(event::Failure failure) { failure_ = std::move(failure); }
  void store_other_bytes() { stored_ = "0000"; }
  void cannot_be_read() { stored_.reset(); }
  void store(std::string sha256) { stored_ = std::move(sha256); }

  Result<worker::Uploaded, event::Failure> upload(const std::string&, const worker::OnBytes& on_bytes,
                                                  std::stop_token) override {
    on_bytes(4, 9);
    if (failure_) return *failure_;
    on_bytes(9, 9);
    return worker::Uploaded{.bytes = 9, .location = "file:///images/web01.qcow2"};
  }
  Result<std::optional<std::string>, event::Failure> stored_sha256(const worker::OnBytes&,
                                                                   std::stop_token) override {
    return stored_;
  }

 private:
  std::optional<event::Failure> failure_;
  std::optional<std::string> stored_;
};

class SilentObserver final : public worker::Observer {
 public:
  void stage_started(std::string_view, int, int) override {}
  void note(std::string_view text) override {
    notes.emplace_back(text);
    ++notes_seen;
  }
  void progress(const producer::Tick& tick) override { ticks.push_back(tick); }
  void stage_ended(std::string_view stage, worker::StageEnd end, Millis) override {
    constexpr std::string_view words[] = {"completed", "failed", "cancelled"};
    ends.push_back(fmt::format("{} {}", stage, words[static_cast<int>(end)]));
  }

  std::vector<producer::Tick> ticks;
  std::vector<std::string> ends, notes;
  std::atomic<int> notes_seen = 0;  // for other threads
};

}  // namespace godwit::test
