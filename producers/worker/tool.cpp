#include "producers/worker/tool.h"

#include <fmt/format.h>

#include <csignal>

namespace godwit::worker {

Result<ToolOutcome> run_tool(Runner& runner, const Step& step, const OnReading& on_reading,
                             std::stop_token stop, const ToolOptions& options) {
  ToolOutcome outcome;
  parse::ProgressReader progress{step.dialect};
  parse::Diagnosis diagnosis{step.tool, options.diagnosis};
  parse::LineFramer extra{{.line_bytes_max = options.extra_line_bytes_max}};
  const bool keeps_output = step.dialect != parse::Dialect::qemu_img;
  const auto sink = [&](Channel channel, std::string_view bytes) {
    if (channel == Channel::standard_error) diagnosis.feed(bytes);
    if (channel == Channel::standard_output && keeps_output)
      outcome.output += bytes.substr(0, options.output_bytes_max - outcome.output.size());
    if (channel == Channel::extra && options.on_extra_line) extra.feed(bytes, options.on_extra_line);
    if (const auto reading = progress.feed(channel, bytes)) on_reading(*reading);
  };
  auto exit = runner.run(step.command, sink, std::move(stop));
  if (!exit) return exit.error();
  diagnosis.finish();
  outcome.exit = *exit;
  outcome.own_words = diagnosis.own_words();
  outcome.first_line = diagnosis.first_line();
  outcome.stderr_tail = diagnosis.tail();
  outcome.no_space = diagnosis.no_space() || exit->signal == SIGXFSZ;
  return outcome;
}

event::Failure make_failure(std::string code, std::string error_class, const std::string& message,
                            std::string phase, bool retryable) {
  event::Failure failure;
  failure.code = std::move(code);
  failure.error_class = std::move(error_class);
  failure.message = parse::printable_utf8(message);
  failure.phase = std::move(phase);
  failure.retryable = retryable;
  return failure;
}

event::Failure failure_of(const Step& step, const ToolOutcome& outcome) {
  const std::string how = outcome.exit.signal ? fmt::format("was ended by signal {}", *outcome.exit.signal)
                                              : fmt::format("exited with {}", outcome.exit.code.value_or(-1));
  const std::string ending = fmt::format("{} {}", step.tool, how);
  event::Failure failure;
  if (outcome.no_space)
    failure = make_failure("no_space", "storage", "no space left: " + ending, step.tool, true);
  else if (outcome.exit.signal)
    failure = make_failure("tool_killed", "tool", ending, step.tool, true);
  else
    failure = make_failure("tool_failed", "tool", ending, step.tool, false);
  // A killed tool has had no time to say why; what others said on its stderr is not the cause.
  const bool was_killed = failure.code == "tool_killed";
  if (!outcome.own_words.empty())
    failure.message = outcome.own_words;
  else if (!outcome.first_line.empty() && !was_killed)
    failure.message = outcome.first_line;
  failure.exit_code = outcome.exit.code;
  failure.signal = outcome.exit.signal;
  if (!outcome.stderr_tail.empty()) failure.stderr_tail = outcome.stderr_tail;
  return failure;
}

event::Failure failure_of(const Step& step, const Error& error) {
  const bool is_missing = error.kind == ErrorKind::invalid;
  return make_failure(is_missing ? "tool_missing" : "tool_not_started", "tool", error.message, step.tool,
                      !is_missing);
}

}  // namespace godwit::worker
