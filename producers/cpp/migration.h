// Migration: one attempt of one task, as its events. The caller says what happened; the Migration fills in
// id, time, sequence, source, subject, trace and identity, and sends.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "producers/cpp/delivery.h"
#include "producers/cpp/outbox.h"
#include "producers/cpp/payload.h"
#include "producers/cpp/stamp.h"

namespace godwit::producer {

struct MigrationOptions {
  int ticks_per_second_max = 5;     // per stage; more are not sent
  Millis heartbeat_interval{5000};  // at least this far apart
  Millis flush_wait_max{30'000};    // for the acknowledgement of lifecycle events
  DeliveryOptions delivery = {};
};

// Owned and called by one thread; outbox (or publisher) and clock outlive it. No method waits for the broker
// but flush(). A lifecycle event is owed to the log once its call has returned Done; an error says that it
// was not taken (the outbox is full, or the event breaks the catalogue), which is logged too. A tick that
// cannot be sent is forgotten. After completed(), failed() or cancelled() nothing more may be reported, but
// retry_scheduled() after failed(): a programming error. Call flush() at the end: without a spool the last
// events may be lost with the process.
class Migration {
 public:
  // Whether events with this identity are valid; `invalid` names the offending member. Ask before
  // constructing: an identity that breaks the contract would only make dead letters.
  static Status check(const Identity& identity);

  Migration(Outbox& outbox, const Clock& clock, Identity identity, MigrationOptions options = {});
  // With a Delivery of its own, in memory.
  Migration(stream::Publisher& publisher, const Clock& clock, Identity identity,
            MigrationOptions options = {});

  Status queued();
  Status started(const Announcement& announcement);
  // `index` counts from 0.
  Status stage_started(std::string_view stage, int index, int total, std::optional<std::int64_t> bytes_total);
  Status stage_completed(std::string_view stage, const StageResult& result);
  Status stage_failed(std::string_view stage, const event::Failure& failure, Millis duration,
                      std::optional<std::int64_t> bytes_done);
  Status completed(const TaskResult& result);
  Status failed(const event::Failure& failure, Millis duration);
  Status cancelled(std::string_view reason);
  Status warning(std::string_view message);
  Status paused(std::string_view reason);
  Status resumed();
  // The attempt after this failed one. At most `max_attempts` in all.
  Status retry_scheduled(Millis delay, std::int64_t max_attempts, std::string_view reason);

  Status disk_started(const DiskReport& disk);
  Status disk_completed(const DiskReport& disk);
  Status disk_failed(const DiskReport& disk, const event::Failure& failure);

  // Of a warm migration. Iteration 0 is the full copy.
  Status precopy_started(std::int64_t iteration, std::optional<std::int64_t> delta_bytes);
  Status precopy_completed(const RoundResult& round);
  Status precopy_failed(std::int64_t iteration, const event::Failure& failure);
  Status cutover_requested();
  Status cutover_started(std::int64_t iteration);
  Status cutover_completed(const CutoverResult& cutover);
  Status downtime_started();
  Status downtime_ended(Millis downtime);

  // Ticks: true when sent, false when rate-limited or lost.
  bool progress(const Tick& tick);
  bool heartbeat(std::string_view stage);

  // Waits at most flush_wait_max for the acknowledgement of all lifecycle events. `transient` says how many
  // are left and why; the outcome of the migration itself does not change.
  Status flush();

  const Identity& identity() const { return identity_; }
  const std::string& source() const { return stamp_.source(); }

 private:
  event::Event make(event::Type type, event::Data data);
  Status send(event::Type type, event::Data data);
  Status send_last(event::Type type, event::Data data);
  bool tick(event::Type type, event::Data data);
  bool within_rate(const std::string& what, Millis interval);

  std::unique_ptr<Outbox> own_;
  Outbox& outbox_;
  const Clock& clock_;
  Identity identity_;
  MigrationOptions options_;
  Stamp stamp_;
  std::map<std::string, Timestamp> ticked_at_;  // by stage, and "heartbeat"
  bool ended_ = false;
  bool has_failed_ = false;
};

}  // namespace godwit::producer
