// What the parts of the spool share: its queue, its journals and the threads' meeting points. Private to
// producers/cpp/spool.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "producers/cpp/outage.h"
#include "producers/cpp/spool/disk_directory.h"
#include "producers/cpp/spool/home.h"
#include "producers/cpp/spool/send_queue.h"
#include "producers/cpp/spool/spool.h"

namespace godwit::producer {

struct Hold {
  Hold(HeldDirectory held, JournalOptions options)
      : directory(std::move(held)), journal(std::make_unique<DiskDirectory>(directory.path), options) {}

  HeldDirectory directory;
  Journal journal;
};

struct Spool::State : std::enable_shared_from_this<Spool::State> {
  State(stream::Publisher& to, const Clock& time, SpoolHome where, SpoolOptions how);
  ~State();

  // By whoever sends.
  Status accept(std::unique_lock<std::mutex>& lock, const std::string& name, stream::OutRecord record);
  Status make_durable(std::unique_lock<std::mutex>& lock, std::uint64_t number);
  Error refuse(const std::string& name, Error why);
  std::size_t disk_bytes() const;
  void wake_sender();
  bool all_settled() const { return queue.empty() && ticks.empty() && ticks_in_flight == 0; }

  // By the sender's thread.
  void run(const std::stop_token& stop);
  struct Outgoing {
    Ticket ticket;
    stream::OutRecord record;
  };
  std::vector<Outgoing> take_batch();
  std::optional<stream::OutRecord> body_of(Ticket ticket);
  bool take_reports();
  bool send_records();
  bool send_ticks();
  void keep_house();
  void adopt();
  void complain(Steady::time_point now);

  void settle(Ticket ticket, const Status& outcome);  // with the mutex held
  void release(Hold* hold);

  // By the publisher's thread: what has become of a record. The sender looks at it later, with many others.
  void report(Ticket ticket, Status outcome);

  stream::Publisher& publisher;
  const Clock& clock;
  const SpoolHome home;
  const SpoolOptions options;

  std::atomic<std::uint64_t> failures = 0;  // of records in flight

  struct Report {
    Ticket ticket;
    Status outcome;
  };
  std::mutex reports_mutex;  // of reports alone; nothing is locked while it is held
  std::vector<Report> reports;

  std::mutex mutex;  // of all that follows
  std::condition_variable_any work, durable, settled;
  std::unique_ptr<Hold> own;
  std::list<Hold> adopted;
  SendQueue queue;
  std::size_t memory_bytes = 0;  // of bodies in the queue
  std::deque<stream::OutRecord> ticks;
  std::size_t ticks_in_flight = 0;
  SpoolFigures figures;
  std::string last_error;
  bool sender_waits = false;

  bool syncing = false;
  std::uint64_t appended_upto = 0, durable_upto = 0, sync_failed_upto = 0;
  std::string sync_error;

  Outage outage;
  Steady::time_point progress_at;  // the last acknowledgement, or when the queue was last empty
  std::optional<Steady::time_point> refusal_logged_at;
  Steady::time_point house_kept_at, adopted_at, synced_at;
};

}  // namespace godwit::producer
