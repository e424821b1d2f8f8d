// What a Migration reports beside its stages: pauses and retries, several disks, the rounds of a warm one.
#include "producers/cpp/migration.h"

namespace godwit::producer {

using event::Type;

Status Migration::queued() { return send(Type::task_queued, identity_data(identity_)); }

Status Migration::paused(std::string_view reason) {
  event::Data data = identity_data(identity_);
  data.reason = reason;
  return send(Type::task_paused, std::move(data));
}

Status Migration::resumed() { return send(Type::task_resumed, identity_data(identity_)); }

Status Migration::retry_scheduled(Millis delay, std::int64_t max_attempts, std::string_view reason) {
  event::Data data = identity_data(identity_);
  data.next_attempt = identity_.attempt + 1;
  data.delay_ms = delay.count();
  data.max_attempts = max_attempts;
  data.reason = reason;
  return send(Type::retry_scheduled, std::move(data));
}

Status Migration::disk_started(const DiskReport& disk) {
  return send(Type::disk_started, data_of(identity_, disk));
}

Status Migration::disk_completed(const DiskReport& disk) {
  return send(Type::disk_completed, data_of(identity_, disk));
}

Status Migration::disk_failed(const DiskReport& disk, const event::Failure& failure) {
  event::Data data = data_of(identity_, disk);
  data.error = failure;
  return send(Type::disk_failed, std::move(data));
}

Status Migration::precopy_started(std::int64_t iteration, std::optional<std::int64_t> delta_bytes) {
  event::Data data = identity_data(identity_);
  data.iteration = iteration;
  data.delta_bytes = delta_bytes;
  return send(Type::precopy_started, std::move(data));
}

Status Migration::precopy_completed(const RoundResult& round) {
  return send(Type::precopy_completed, data_of(identity_, round));
}

Status Migration::precopy_failed(std::int64_t iteration, const event::Failure& failure) {
  event::Data data = identity_data(identity_);
  data.iteration = iteration;
  data.error = failure;
  return send(Type::precopy_failed, std::move(data));
}

Status Migration::cutover_requested() { return send(Type::cutover_requested, identity_data(identity_)); }

Status Migration::cutover_started(std::int64_t iteration) {
  event::Data data = identity_data(identity_);
  data.iteration = iteration;
  return send(Type::cutover_started, std::move(data));
}

Status Migration::cutover_completed(const CutoverResult& cutover) {
  return send(Type::cutover_completed, data_of(identity_, cutover));
}

Status Migration::downtime_started() { return send(Type::downtime_started, identity_data(identity_)); }

Status Migration::downtime_ended(Millis downtime) {
  event::Data data = identity_data(identity_);
  data.downtime_ms = downtime.count();
  return send(Type::downtime_ended, std::move(data));
}

}  // namespace godwit::producer
