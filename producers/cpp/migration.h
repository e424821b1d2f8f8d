// Migration: one attempt of one task, as its events. The caller says what happened; the Migration fills in
// id, time, sequence, source, subject, trace and identity, and sends.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/stream/publisher.h"
#include "producers/cpp/delivery.h"
#include "producers/cpp/payload.h"

namespace godwit::producer {

struct MigrationOptions {
  int ticks_per_second_max = 5;     // per stage; more are not sent
  Millis heartbeat_interval{5000};  // at least this far apart
  Millis flush_wait_max{30'000};    // for the acknowledgement of lifecycle events
  DeliveryOptions delivery = {};
};

// Owned and called by one thread; publisher and clock outlive it. No method fails or waits but flush(): a
// lifecycle event is kept until acknowledged (delivery.h), a tick that cannot be sent is forgotten. After
// completed(), failed() or cancelled() nothing more may be reported: a programming error. Call flush() at the
// end, or the last events may be lost with the process.
class Migration {
 public:
  // Whether events with this identity are valid; `invalid` names the offending member. Ask before
  // constructing: an identity that breaks the contract would only make dead letters.
  static Status check(const Identity& identity);

  Migration(stream::Publisher& publisher, const Clock& clock, Identity identity,
            MigrationOptions options = {});

  void started(const Announcement& announcement);
  // `index` counts from 0.
  void stage_started(std::string_view stage, int index, int total, std::optional<std::int64_t> bytes_total);
  void stage_completed(std::string_view stage, const StageResult& result);
  void stage_failed(std::string_view stage, const event::Failure& failure, Millis duration,
                    std::optional<std::int64_t> bytes_done);
  void completed(const TaskResult& result);
  void failed(const event::Failure& failure, Millis duration);
  void cancelled(std::string_view reason);
  void warning(std::string_view message);

  // Ticks: true when sent, false when rate-limited or not taken by the publisher.
  bool progress(const Tick& tick);
  bool heartbeat(std::string_view stage);

  // Waits at most flush_wait_max for the acknowledgement of all lifecycle events. `transient` says how many
  // are left and why; the outcome of the migration itself does not change.
  Status flush();

  const Identity& identity() const { return identity_; }
  std::string source() const;

 private:
  event::Event make(event::Type type, event::Data data);
  void send(event::Type type, event::Data data);
  void send_last(event::Type type, event::Data data);
  bool tick(event::Type type, event::Data data);
  bool within_rate(const std::string& what, Millis interval);

  stream::Publisher& publisher_;
  const Clock& clock_;
  Identity identity_;
  MigrationOptions options_;
  Delivery delivery_;
  std::string traceparent_;
  std::uint64_t sequence_ = 0;
  std::map<std::string, Timestamp> ticked_at_;  // by stage, and "heartbeat"
  bool ended_ = false;
};

}  // namespace godwit::producer
