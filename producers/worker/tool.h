// Running one step: the tool's output becomes progress readings while it runs, and what is left
// of it when it ends, as values.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/event/data.h"
#include "producers/worker/parse/diagnosis.h"
#include "producers/worker/parse/progress.h"
#include "producers/worker/runner.h"
#include "producers/worker/steps.h"

namespace godwit::worker {

struct ToolOptions {
  std::size_t output_bytes_max = 1 << 20;  // of standard output kept; more is dropped
  std::size_t extra_line_bytes_max = 1 << 17;
  // The extra pipe's lines, for a tool that tells more there than figures.
  std::function<void(std::string_view line)> on_extra_line = {};
  parse::DiagnosisOptions diagnosis = {};
};

struct ToolOutcome {
  Exit exit;
  std::string output;      // standard output of a tool that shows no progress there
  std::string own_words;   // the first line of stderr in the tool's own name
  std::string first_line;  // the first line of stderr, perhaps of a program the tool has started
  std::string stderr_tail;
  bool no_space = false;
};

using OnReading = std::function<void(const parse::Reading&)>;

// As Runner::run(); a tool that ran and failed is no error here.
Result<ToolOutcome> run_tool(Runner& runner, const Step& step, const OnReading& on_reading,
                             std::stop_token stop, const ToolOptions& options = {});

// Why a step failed, for an event. `code` is one of no_space, tool_killed, tool_failed, tool_missing; `phase`
// is the tool.
event::Failure failure_of(const Step& step, const ToolOutcome& outcome);
event::Failure failure_of(const Step& step, const Error& error);

// A failure the worker itself found. Classes are storage, tool, data, network, source.
event::Failure make_failure(std::string code, std::string error_class, const std::string& message,
                            std::string phase, bool retryable);

}  // namespace godwit::worker
