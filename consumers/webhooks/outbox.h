// Outbox: the dispatcher's side of one partition file. The fold says what is owed (delivery, outcome); here
// is what is being done about it (work, attempt), in tables of its own over a connection of its own. A row is
// claimed before its request is sent and finished after the answer, so that after a crash it is known what
// may have been sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "consumers/webhooks/projection.h"

namespace godwit::webhooks {

// One try about to be made.
struct Claimed {
  std::int64_t seq = 0;  // of the delivery, within its partition file
  std::string delivery_id = {}, endpoint = {}, subject = {}, vm_name = {}, provider = {}, body = {};
  std::int64_t try_number = 1;
  Timestamp event_time{};
};

// One try that was made. Holds all that its event needs, so that it can be told even when the partition has
// moved on.
struct Attempt {
  std::int64_t seq = 0;
  std::string delivery_id = {}, endpoint = {}, subject = {}, vm_name = {}, provider = {};
  std::int64_t try_number = 1;
  Timestamp started_at{};
  Millis latency{0};
  Standing standing = Standing::trying;
  std::optional<int> status_code = {};
  std::optional<std::string> error_code = {}, error = {};  // both or neither
  std::optional<Timestamp> next_try_at = {};
  bool ordered = false;  // others of its subject wait for it
  std::string answer_head = {};
  std::string request_head = {};  // a JSON object of the headers sent; what is secret is left out
};

struct AttemptKey {
  std::int64_t seq = 0;
  std::int64_t try_number = 0;
  auto operator<=>(const AttemptKey&) const = default;
};

struct Room {
  std::string endpoint;
  std::size_t tries_max = 0;
  bool ordered = false;  // of one subject, only what became owed first and has not ended
};

// What one transaction is to do.
struct Turn {
  Timestamp now{};
  std::vector<Attempt> finished = {};
  std::vector<AttemptKey> published = {};
  std::vector<Room> rooms = {};  // endpoints that may be claimed for; empty: claim nothing
  bool take_in = true;           // what the fold has added
};

// What it has done.
struct Turned {
  std::vector<Claimed> claimed = {};
  std::set<std::string> touched = {};  // endpoints whose next_due() may be another now
};

// States of a row of work.
enum class WorkState { due = 0, claimed = 1, exhausted = 2, succeeded = 3 };

// Used by one thread. StoreFailure passes through: nothing of that turn has happened then. A file that a
// rebuild has replaced takes nothing more, by the same failure: its successor has all its rows.
class Outbox {
 public:
  static constexpr std::size_t taken_max = 1000;  // deliveries taken in per turn

  static std::string schema();
  static Result<std::unique_ptr<Outbox>> open(const std::string& path);
  // Within the commit of a swap, with the file before attached as `old`: takes its rows over. Deliveries keep
  // the `seq` they had there, by which tries under way are known.
  static void carry_over(sqlite::Database& db);
  const std::string& path() const { return db_.path(); }

  // Once the fold has caught up, and before the first claim: what others have settled is not owed any more,
  // and what was claimed but is not `in_flight` here is due at once, since nobody knows whether it was sent.
  void recover(Timestamp now, const std::set<std::int64_t>& in_flight);

  // Writes down, takes in what the fold has added, and claims, oldest due first.
  Turned turn(const Turn& turn);
  bool has_new();
  // When the first that could be claimed is due.
  std::optional<Timestamp> next_due(const std::string& endpoint, bool ordered = false);

  // Attempts whose events are not known to be in the log, oldest first.
  std::vector<Attempt> unpublished(std::size_t attempts_max);

 private:
  explicit Outbox(sqlite::Database db);
  void require_current();
  void finish(const Attempt& attempt);
  void take_in(Timestamp now, std::set<std::string>& touched);
  void claim(const Room& room, Timestamp now, std::vector<Claimed>& out);

  sqlite::Database db_;
  sqlite::Statement taken_, last_, take_, told_of_, move_on_, due_, due_ordered_, claimable_,
      claimable_ordered_, claim_, settle_, hold_back_, record_, mark_, retired_;
};

}  // namespace godwit::webhooks
