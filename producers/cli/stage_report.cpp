#include "producers/cli/stage_report.h"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "common/event/codec.h"

namespace godwit::cli {
namespace {

using worker::parse::printable_utf8;

event::Failure make_failure(std::string code, const std::string& message, const std::string& tool,
                            bool retryable) {
  event::Failure failure;
  failure.error_class = code == "no_space" ? "storage" : "tool";
  failure.code = std::move(code);
  failure.message = printable_utf8(message);
  failure.phase = printable_utf8(tool);
  failure.retryable = retryable;
  return failure;
}

std::string signal_name(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

}  // namespace

StageReport::StageReport(producer::Migration& migration, StageOptions options)
    : migration_(migration),
      options_(std::move(options)),
      tool_(options_.program.substr(options_.program.rfind('/') + 1)),  // npos + 1 is 0
      diagnosis_(tool_) {}

Status StageReport::check(const producer::Identity& identity, const std::string& stage) {
  if (Status valid = producer::Migration::check(identity); !valid) return valid;
  event::Event trial;
  trial.id = "check";
  trial.source = "/check";
  trial.subject = identity.task_id;
  trial.type = event::Type::stage_skipped;
  trial.type_name = event::full_type(trial.type);
  trial.data = producer::identity_data(identity);
  trial.data.stage = stage;
  const auto decoded = event::decode_structured(event::encode_structured(trial));
  return decoded ? Status{Done{}} : invalid_error(decoded.error().message());
}

void StageReport::started() {
  started_at_ = producer::Steady::now();
  if (options_.is_whole_task) {
    producer::Announcement announcement;
    announcement.stages = {{options_.stage, 1.0}};
    announcement.bytes_total = options_.bytes_total;
    (void)migration_.started(announcement);
  }
  (void)migration_.stage_started(options_.stage, options_.index, options_.total, options_.bytes_total);
}

void StageReport::bytes(Stream stream, std::string_view bytes) {
  auto& framer = stream == Stream::output ? output_ : stream == Stream::error ? error_ : progress_;
  framer.feed(bytes, [this, stream](std::string_view text) { line(stream, text); });
}

void StageReport::line(Stream stream, std::string_view line) {
  const bool has_own_stream = stream == Stream::progress && options_.dialect == Dialect::any;
  const auto found = read_progress(has_own_stream ? Dialect::figures : options_.dialect, line);
  if (!found) {
    if (stream != Stream::error) return;
    diagnosis_.feed(line);
    return diagnosis_.feed("\n");
  }
  if (found->bytes_done) bytes_done_ = found->bytes_done;
  producer::Tick tick;
  tick.stage = options_.stage;
  tick.percentage = found->percentage;
  tick.bytes_done = found->bytes_done;
  if (found->bytes_done) tick.bytes_total = options_.bytes_total;
  tick.unit_basis = found->unit_basis;
  tick.granularity_bytes = found->granularity_bytes;
  unsent_ = tick;
  send_unsent();
}

void StageReport::send_unsent() {
  if (unsent_ && migration_.progress(*unsent_)) unsent_.reset();
}

void StageReport::beat() {
  send_unsent();
  migration_.heartbeat(options_.stage);
}

void StageReport::ended(const ChildEnd& end) {
  for (const Stream stream : {Stream::output, Stream::error, Stream::progress}) bytes(stream, "\n");
  send_unsent();
  if (end.code != 0) return failed(failure_of(end), end.stop_signal);
  producer::StageResult result;
  result.duration = duration();
  result.bytes_done = bytes_done_;
  (void)migration_.stage_completed(options_.stage, result);
  if (!options_.is_whole_task) return;
  producer::TaskResult task;
  task.duration = duration();
  if (options_.stage == "export") task.bytes_exported = bytes_done_;
  if (options_.stage == "conversion") task.bytes_converted = bytes_done_;
  if (options_.stage == "upload") task.bytes_uploaded = bytes_done_;
  (void)migration_.completed(task);
}

void StageReport::not_started(const Error& why) {
  const bool is_missing = why.kind == ErrorKind::invalid;
  failed(make_failure(is_missing ? "tool_missing" : "tool_not_started", why.message, tool_, !is_missing),
         std::nullopt);
}

void StageReport::failed(const event::Failure& failure, std::optional<int> stop_signal) {
  (void)migration_.stage_failed(options_.stage, failure, duration(), bytes_done_);
  if (!options_.is_whole_task) return;
  if (stop_signal)
    (void)migration_.cancelled(
        fmt::format("stopped by {} during {}", signal_name(*stop_signal), options_.stage));
  else
    (void)migration_.failed(failure, duration());
}

event::Failure StageReport::failure_of(const ChildEnd& end) {
  diagnosis_.finish();
  const bool no_space = diagnosis_.no_space() || end.signal == SIGXFSZ;
  const std::string ending = end.signal ? fmt::format("{} was ended by {}", tool_, signal_name(*end.signal))
                                        : fmt::format("{} exited with {}", tool_, end.code.value_or(-1));
  const std::string code = no_space ? "no_space" : end.signal ? "tool_killed" : "tool_failed";
  // A killed tool has had no time to say why; what others said on its stderr is not the cause.
  std::string message = diagnosis_.own_words();
  if (message.empty() && code != "tool_killed") message = diagnosis_.first_line();
  if (message.empty()) message = ending;
  event::Failure failure = make_failure(code, message, tool_, no_space || end.signal.has_value());
  failure.exit_code = end.code;
  failure.signal = end.signal;
  if (std::string tail = diagnosis_.tail(); !tail.empty()) failure.stderr_tail = std::move(tail);
  return failure;
}

Millis StageReport::duration() const {
  return std::chrono::duration_cast<Millis>(producer::Steady::now() - started_at_);
}

}  // namespace godwit::cli
