#include "producers/cpp/migration.h"

#include <fmt/format.h>

#include "common/stream/event_record.h"

namespace godwit::producer {
namespace {

using event::Type;

std::string source_of(const Identity& identity) {
  return fmt::format("/workers/{}/{}/tasks/{}", identity.host, identity.worker_id, identity.task_id);
}

}  // namespace

Status Migration::check(const Identity& identity) {
  const event::Data data = identity_data(identity);
  if (Status fits = check_event(Type::task_started, "/check", identity.task_id, data); !fits) return fits;
  // Last, so that a bad task id is named as such and not as a bad part of the source.
  return check_event(Type::task_started, source_of(identity), identity.task_id, data);
}

Migration::Migration(Outbox& outbox, const Clock& clock, Identity identity, MigrationOptions options)
    : outbox_(outbox),
      clock_(clock),
      identity_(std::move(identity)),
      options_(options),
      stamp_(clock, source_of(identity_), identity_.task_id) {}

Migration::Migration(stream::Publisher& publisher, const Clock& clock, Identity identity,
                     MigrationOptions options)
    : own_(std::make_unique<Delivery>(publisher, options.delivery)),
      outbox_(*own_),
      clock_(clock),
      identity_(std::move(identity)),
      options_(options),
      stamp_(clock, source_of(identity_), identity_.task_id) {}

Status Migration::started(const Announcement& announcement) {
  return send(Type::task_started, data_of(identity_, announcement));
}

Status Migration::stage_started(std::string_view stage, int index, int total,
                                std::optional<std::int64_t> bytes_total) {
  event::Data data = identity_data(identity_);
  data.stage = stage;
  data.stage_index = index;
  data.total_stages = total;
  data.bytes_total = bytes_total;
  return send(Type::stage_started, std::move(data));
}

Status Migration::stage_completed(std::string_view stage, const StageResult& result) {
  event::Data data = identity_data(identity_);
  data.stage = stage;
  add(data, result);
  return send(Type::stage_completed, std::move(data));
}

Status Migration::stage_failed(std::string_view stage, const event::Failure& failure, Millis duration,
                               std::optional<std::int64_t> bytes_done) {
  event::Data data = identity_data(identity_);
  data.stage = stage;
  data.error = failure;
  data.duration_ms = duration.count();
  data.bytes_done = bytes_done;
  return send(Type::stage_failed, std::move(data));
}

Status Migration::completed(const TaskResult& result) {
  return send_last(Type::task_completed, data_of(identity_, result));
}

Status Migration::failed(const event::Failure& failure, Millis duration) {
  event::Data data = identity_data(identity_);
  data.error = failure;
  data.duration_ms = duration.count();
  return send_last(Type::task_failed, std::move(data));
}

Status Migration::cancelled(std::string_view reason) {
  event::Data data = identity_data(identity_);
  data.reason = reason;
  data.requested_by = identity_.user;
  return send_last(Type::task_cancelled, std::move(data));
}

Status Migration::warning(std::string_view message) {
  event::Data data = identity_data(identity_);
  data.message = message;
  return send(Type::warning_raised, std::move(data));
}

bool Migration::progress(const Tick& tick) {
  GODWIT_CHECK(tick.bytes_done || tick.percentage, "a tick of stage {} without a figure", tick.stage);
  const std::string what = tick.disk_index ? fmt::format("{} {}", tick.stage, *tick.disk_index) : tick.stage;
  if (!within_rate(what, Millis{1000 / std::max(1, options_.ticks_per_second_max)})) return false;
  event::Data data = identity_data(identity_);
  add(data, tick);
  return this->tick(tick.disk_index ? Type::disk_progress : Type::stage_progress, std::move(data));
}

bool Migration::heartbeat(std::string_view stage) {
  if (!within_rate("heartbeat", options_.heartbeat_interval)) return false;
  event::Data data = identity_data(identity_);
  data.stage = stage;
  return tick(Type::task_heartbeat, std::move(data));
}

bool Migration::within_rate(const std::string& what, Millis interval) {
  const Timestamp now = clock_.now();
  const auto [last, is_first] = ticked_at_.try_emplace(what, now);
  if (is_first) return true;
  // A clock set back must not silence the stage until it has caught up.
  if (now >= last->second && now - last->second < interval) return false;
  last->second = now;
  return true;
}

event::Event Migration::make(Type type, event::Data data) {
  GODWIT_CHECK(!ended_ || (has_failed_ && type == Type::retry_scheduled),
               "{} reported after the end of task {}", event::full_type(type), identity_.task_id);
  return stamp_.make(type, std::move(data));
}

Status Migration::send(Type type, event::Data data) {
  return send_event(outbox_, make(type, std::move(data)));
}

Status Migration::send_last(Type type, event::Data data) {
  Status sent = send(type, std::move(data));
  ended_ = true;
  has_failed_ = type == Type::task_failed;
  return sent;
}

bool Migration::tick(Type type, event::Data data) {
  return outbox_.send_tick(stream::encode(make(type, std::move(data))));
}

Status Migration::flush() { return outbox_.flush(options_.flush_wait_max); }

}  // namespace godwit::producer
