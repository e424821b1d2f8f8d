#include "producers/cli/load.h"

#include <fmt/format.h>

#include <array>

namespace godwit::cli {
namespace {

using event::Event;
using event::Type;

constexpr std::array<std::string_view, 3> stages{"export", "conversion", "upload"};
constexpr std::array<std::string_view, 4> providers{"vsphere", "aws", "hyperv", "proxmox"};
constexpr std::int64_t gibibyte = 1024LL * 1024 * 1024;

}  // namespace

Load::Load(const LoadOptions& options) : options_(options), random_(options.seed) {
  for (std::int64_t i = 0; i < options_.tasks; ++i) running_.push_back(make_task());
}

std::int64_t Load::draw_failure() {
  const std::int64_t steps = 2 + 3 * (options_.ticks_per_stage + 2);
  if (std::uniform_real_distribution<>{}(random_) >= options_.failing) return -1;
  return std::uniform_int_distribution<std::int64_t>{2, steps - 2}(random_);
}

Load::Running Load::make_task() {
  const std::uint64_t number = ++made_;
  Running task;
  task.task_id = fmt::format("{}-{}-{:08}", options_.prefix, options_.seed, number);
  task.vm_name = fmt::format("vm-{:08}", number);
  task.provider = providers[random_() % providers.size()];
  task.source = fmt::format("/workers/host-{}/tasks/{}", number % 50, task.task_id);
  task.bytes_total = gibibyte * static_cast<std::int64_t>(8 + random_() % 120);
  task.fail_at = draw_failure();
  return task;
}

event::Event Load::blank(Running& task, Type type, Timestamp now) {
  Event out;
  out.id = fmt::format("{}-{}", task.attempt, ++task.sequence);
  out.source = task.source;
  out.subject = task.task_id;
  out.type = type;
  out.type_name = event::full_type(type);
  out.time = now;
  out.sequence = fmt::format("{:020}", task.sequence);
  out.data.vm_name = task.vm_name;
  out.data.provider = task.provider;
  out.data.attempt = task.attempt;
  out.data.user = "bench";
  out.data.mode = "cold";
  return out;
}

event::Event Load::fail(Running& task, Timestamp now) {
  Event out = blank(task, Type::task_failed, now);
  out.data.error = event::Failure{.code = "disk_full",
                                  .message = "No space left on device",
                                  .retryable = true,
                                  .error_class = "storage",
                                  .phase = {},
                                  .exit_code = 1,
                                  .signal = {},
                                  .stderr_tail = {}};
  out.data.duration_ms = (now - task.began).count();
  if (random_() % 2 == 0) {
    ++task.attempt;
    task.step = 0;
    task.fail_at = -1;
  } else {
    restart(task);
  }
  return out;
}

void Load::restart(Running& task) {
  ++finished_;
  task = make_task();
}

event::Event Load::stage_event(Running& task, Timestamp now) {
  const std::int64_t per_stage = options_.ticks_per_stage + 2;
  const auto index = static_cast<std::size_t>((task.step - 1) / per_stage);
  const std::int64_t within = (task.step - 1) % per_stage;
  const Type type = within == 0               ? Type::stage_started
                    : within == per_stage - 1 ? Type::stage_completed
                                              : Type::stage_progress;
  Event out = blank(task, type, now);
  out.data.stage = std::string{stages.at(index)};
  out.data.bytes_total = task.bytes_total;
  if (type == Type::stage_started) {
    out.data.stage_index = static_cast<std::int64_t>(index);
    out.data.total_stages = static_cast<std::int64_t>(stages.size());
  } else if (type == Type::stage_completed) {
    out.data.duration_ms = options_.ticks_per_stage * 500;
    out.data.bytes_done = task.bytes_total;
  } else {
    out.data.bytes_done = task.bytes_total / options_.ticks_per_stage * within;
    out.data.bytes_per_second =
        static_cast<double>(task.bytes_total) / static_cast<double>(options_.ticks_per_stage) * 2;
    out.data.unit_basis = "virtual";
  }
  return out;
}

event::Event Load::next(Timestamp now) {
  Running& task = running_[turn_];
  turn_ = (turn_ + 1) % running_.size();
  const std::int64_t steps = 2 + static_cast<std::int64_t>(stages.size()) * (options_.ticks_per_stage + 2);
  if (task.step == task.fail_at) return fail(task, now);
  if (task.step == 0) {
    ++task.step;
    task.began = now;
    Event out = blank(task, Type::task_started, now);
    for (const std::string_view stage : stages) out.data.stages.push_back({std::string{stage}, 1});
    out.data.bytes_total = task.bytes_total;
    return out;
  }
  if (task.step < steps - 1) {
    Event out = stage_event(task, now);
    ++task.step;
    return out;
  }
  Event out = blank(task, Type::task_completed, now);
  out.data.duration_ms = (now - task.began).count();
  out.data.bytes_exported = out.data.bytes_converted = out.data.bytes_uploaded = task.bytes_total;
  restart(task);
  return out;
}

}  // namespace godwit::cli
