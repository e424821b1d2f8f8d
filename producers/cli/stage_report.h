// StageReport: a command's run as the events of one stage, and of a whole task where it is one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "producers/cli/child.h"
#include "producers/cli/progress.h"
#include "producers/cpp/migration.h"
#include "producers/cpp/outage.h"
#include "producers/worker/parse/diagnosis.h"
#include "producers/worker/parse/framing.h"

namespace godwit::cli {

struct StageOptions {
  std::string stage;
  std::string program;  // the command's first word
  Dialect dialect = Dialect::any;
  int index = 0, total = 1;  // of the stage
  std::optional<std::int64_t> bytes_total;
  bool is_whole_task = false;  // task.started before it and task.completed, failed or cancelled after it
};

// Owned and called by one thread. What an event's sending says is on the log; a command runs whether or not
// it can be reported. Borrows the migration.
class StageReport {
 public:
  StageReport(producer::Migration& migration, StageOptions options);

  // Whether events with these are valid; `invalid` names the offending member.
  static Status check(const producer::Identity& identity, const std::string& stage);

  void started();
  // What the command has printed, in order per stream.
  void bytes(Stream stream, std::string_view bytes);
  // It still runs; to be called more often than ticks may be sent.
  void beat();
  void ended(const ChildEnd& end);
  void not_started(const Error& why);

 private:
  void line(Stream stream, std::string_view line);
  void send_unsent();
  void failed(const event::Failure& failure, std::optional<int> stop_signal);
  event::Failure failure_of(const ChildEnd& end);
  Millis duration() const;

  producer::Migration& migration_;
  StageOptions options_;
  std::string tool_;  // the program's name without its path
  worker::parse::LineFramer output_, error_, progress_;
  worker::parse::Diagnosis diagnosis_;    // of what standard error says but progress
  std::optional<producer::Tick> unsent_;  // the newest, when it came too soon after another
  std::optional<std::int64_t> bytes_done_;
  producer::Steady::time_point started_at_ = producer::Steady::now();
};

}  // namespace godwit::cli
