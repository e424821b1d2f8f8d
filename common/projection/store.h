// The port to a projection's store: one per partition number (or per topic partition), with the promise that
// states, outputs and positions move together or not at all. The runner is the only writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/event/codec.h"
#include "common/stream/record.h"

namespace godwit::projection {

// The keys whose state a commit has changed, for waking up readers. Bounded by the batch.
using Touched = std::vector<std::string>;

// Thrown by any call of a store that cannot keep its promise now (disk full, read-only, I/O error). The
// transaction is gone; the store may be asked again later. A corrupt one does not get well by itself: asking
// again is of no use until somebody has repaired it.
class StoreUnavailable : public std::runtime_error {
 public:
  explicit StoreUnavailable(const std::string& what, bool corrupt = false)
      : std::runtime_error(what), corrupt_(corrupt) {}
  bool corrupt() const { return corrupt_; }

 private:
  bool corrupt_;
};

// The log a store is folded from.
struct LogIdentity {
  std::string cluster_id = {};  // empty while unknown
  // Of the topics folded together: with another count a key lies on another partition. nullopt while unknown,
  // and where each topic is folded by itself.
  std::optional<std::int32_t> partitions = {};
};

// What a rebuild may do about a record that is no event.
enum class Knowledge {
  known,    // it is a dead letter of the serving store: pass over it
  unknown,  // the serving store folded past it and took it for an event, or never saw it: stop
  not_yet,  // the serving store has not come to it: wait
};

// A record no consumer can read, kept until it is published to the dead letter topic.
struct DeadLetter {
  std::int64_t id = 0;
  stream::OutRecord record;
};

// Used by one thread. Between begin() and commit() or rollback() everything belongs to one transaction.
class PartitionStore {
 public:
  virtual ~PartitionStore() = default;

  // Committed positions; a topic never folded has none.
  virtual std::vector<stream::Position> positions() const = 0;
  // True when `record` lies where the last folded record of its topic partition lay, but is another one: then
  // this is not the log the store was folded from (a re-created or truncated topic). A store that keeps no
  // fingerprints cannot tell.
  virtual bool contradicts(const stream::Record&) const { return false; }
  // Empty for a store that is folded on. Otherwise why it only serves what it holds: its successor is being
  // built.
  virtual std::string frozen() const { return {}; }
  // Asked by a rebuild only.
  virtual Knowledge knowledge_of(const stream::Record&) const { return Knowledge::known; }

  virtual void begin() = 0;
  // The next offset to fold within the open transaction; nullopt before the first record.
  virtual std::optional<stream::Offset> position(const stream::Record& record) const = 0;
  virtual void fold(const stream::Record& record, const event::Event& event) = 0;
  virtual void dead_letter(const stream::Record& record, const event::Refusal& refusal) = 0;
  virtual void advance(const stream::Record& record) = 0;
  virtual Touched commit() = 0;
  virtual void rollback() = 0;
  // Writes what changes nothing, outside a transaction, to find out whether the store can write. rollback()
  // is owed when it throws.
  virtual void probe() { begin(), commit(); }
  // Whether a transaction is wanted though no record has come: what was done beside the fold waits to be
  // taken in. Asked often, between transactions: must be quick.
  virtual bool has_chores() { return false; }
  // Whether a failed probe would succeed on this store closed and opened again.
  virtual bool wants_reopening() const { return false; }

  // Dead letters committed but not yet known to be published, oldest first.
  virtual std::vector<DeadLetter> unpublished(std::size_t letters_max) = 0;
  virtual void mark_published(const std::vector<std::int64_t>& ids) = 0;
};

// Opens stores. `name` is "p-0007", or "migrations.lifecycle-0007" for a projection that folds each topic by
// itself. Errors: transient when the store may open later (disk full, cluster not known yet), fatal, with the
// way out, when it never will: another cluster's or projection's, another partition count, corrupt.
//
// A store has generations. One serves; the next one is folded from the start of the log beside it, unseen by
// readers, and takes its place in one commit. Safe from several threads, as long as each name's serving store
// is one thread's and its next one another's.
class StoreFactory {
 public:
  using Opened = Result<std::unique_ptr<PartitionStore>>;
  virtual ~StoreFactory() = default;
  // The serving generation. Opening it again, after a failure, replaces the one before.
  virtual Opened open(const std::string& name, const LogIdentity& log) = 0;
  // The next generation: the one begun before, or a new one. The serving one must be open.
  virtual Opened open_next(const std::string& name, const LogIdentity& log);
  // Whether a next generation was begun, also by a process that died since, or must be: the serving store is
  // of an older version.
  virtual bool has_next(const std::string& name) const;
  // Makes the next generation, which must be closed, the serving one, for good, and opens it. Until it
  // returns the caller keeps the serving store open, between transactions. After a failure that one still
  // serves.
  virtual Opened adopt(const std::string& name, const LogIdentity& log);
};

}  // namespace godwit::projection
