// Spool: the outbox on disk. A lifecycle record is in a file before send() returns and leaves it only when
// the log has acknowledged it, so neither a broker that is away nor the end of the process loses it: the next
// process with the same directory sends what this one still owes, with the same ids, before its own records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "producers/cpp/outbox.h"
#include "producers/cpp/spool/journal.h"

namespace godwit::producer {

// When a record's file is synced to the disk.
enum class Sync {
  each_record,  // before send() returns: survives a power cut. Calls at the same time share one sync
  interval,     // every sync_interval: send() survives kill -9 at once, a power cut that much later
};

struct SpoolOptions {
  std::string directory = {};  // shared by the machine's processes; created if need be
  Sync sync = Sync::each_record;
  Millis sync_interval{1'000};               // for Sync::interval
  std::size_t disk_bytes_max = 256 << 20;    // of files this process holds, adopted ones included
  std::size_t records_max = 500'000;         // owed; each costs about 50 bytes of memory
  std::size_t record_bytes_max = 1'100'000;  // one record in its file
  std::size_t memory_bytes_max = 16 << 20;   // of records that need not be read again to be sent
  std::size_t in_flight_max = 10'000;        // records with the publisher
  std::size_t in_flight_bytes_max = 16 << 20;
  std::size_t ticks_max = 1'000;            // waiting; one more drops the oldest
  std::size_t ticks_in_flight_max = 1'000;  // with the publisher
  Millis ticks_flush_max{200};              // flush() waits for ticks once nothing is owed
  std::size_t segment_bytes = 4 << 20;      // per file
  Millis retry_interval{500};               // after a failure, before the records are sent again
  Millis adopt_interval{10'000};            // between two looks for spools of processes that have died
  Millis complain_after{5'000};             // without any acknowledgement
  Millis complain_interval{10'000};         // between two warnings about the same outage
};

struct SpoolFigures {
  std::uint64_t accepted = 0;      // lifecycle records that send() took
  std::uint64_t refused = 0;       // and did not take, being full or unable to write
  std::uint64_t acknowledged = 0;  // adopted ones included
  std::uint64_t adopted = 0;       // found in spools of dead processes
  std::uint64_t given_up = 0;      // damaged on disk, or such as the log will never take: each logged
  std::uint64_t ticks_dropped = 0;
  std::size_t owed = 0;  // not acknowledged yet
  std::size_t disk_bytes = 0;
};

// Safe from every thread; publishing and acknowledgements have a thread of their own. One that fails is
// followed by none: the spool waits until all that is in flight is settled, then sends again from the first
// that failed, so a key's records reach the log in order. What was stored before a failure was reported may
// come twice, with the same id.
class Spool final : public Outbox {
 public:
  // Adopts what dead processes left. `invalid` when the directory cannot be used. The publisher and the clock
  // outlive the spool; acknowledgements may come after it is gone.
  static Result<std::unique_ptr<Spool>> open(stream::Publisher& publisher, const Clock& clock,
                                             SpoolOptions options);
  // Waits for nothing. What is still owed stays on disk.
  ~Spool() override;
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // `transient` when full or when the disk refuses, `invalid` when the record is too large. After an error of
  // the sync alone the record may reach the log none the less.
  Status send(const std::string& name, stream::OutRecord record) override;
  bool send_tick(stream::OutRecord record) override;
  Status flush(Millis timeout) override;

  SpoolFigures figures() const;

 private:
  struct State;
  explicit Spool(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // shared with acknowledgements
  std::jthread sender_;
};

}  // namespace godwit::producer
